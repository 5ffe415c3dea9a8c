// @ts-check
/** The report that the server made, within the page: its tables and pictures, and nothing that could run or load. */

const LIBRARY = new URL("../vendor/purify.min.js", import.meta.url).href;

/** @param {HTMLElement} place @param {string} html the whole document; raises where the library was not installed */
export async function showReport(place, html) {
  try {
    await import(LIBRARY);
  } catch {
    throw new Error("The library that cleans pages was not installed.");
  }
  const { DOMPurify } = /** @type {any} */ (globalThis);
  // Its style is left out before anything is parsed: the page's policy takes none, and says so in the console.
  const body = html.slice(html.indexOf("<body>") + "<body>".length, html.lastIndexOf("</body>"));
  const clean = DOMPurify.sanitize(body, { RETURN_DOM_FRAGMENT: true, FORBID_TAGS: ["style", "img", "form", "input", "a"], FORBID_ATTR: ["style"] });
  for (const heading of clean.querySelectorAll("h1")) heading.remove();
  for (const main of clean.querySelectorAll("main")) main.replaceWith(...main.childNodes);
  for (const wide of clean.querySelectorAll(".wide, figure")) wide.setAttribute("tabindex", "0");
  for (const wide of clean.querySelectorAll(".wide")) wide.setAttribute("role", "region");
  let numbered = 0;
  for (const wide of clean.querySelectorAll(".wide")) wide.setAttribute("aria-label", `Table ${++numbered}`);
  place.replaceChildren(clean);
}
