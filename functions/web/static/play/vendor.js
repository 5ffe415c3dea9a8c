// @ts-check
/** Libraries of others, loaded when they are first needed. An installation without them has no Markdown and no diff. */

const at = (name) => import(new URL(`../vendor/${name}`, import.meta.url).href);

/** Nothing that loads, runs or looks like the page's own: the text's words, lists, tables and links. */
const ALLOWED = {
  ALLOWED_TAGS: ["a", "b", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "s", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul", "img"],
  ALLOWED_ATTR: ["href", "start", "alt", "src", "align"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

/** @returns {Promise<(text: string) => DocumentFragment>} */
export async function loadMarkdown() {
  const [{ Marked }] = await Promise.all([at("marked.esm.js"), at("purify.min.js")]);
  const { DOMPurify } = /** @type {any} */ (globalThis);
  // Markup in the text is shown as it stands: what is cleaned is only what Markdown became.
  const marked = new Marked({ async: false, renderer: { html: ({ text }) => escaped(text) } });
  return (text) => {
    const fragment = DOMPurify.sanitize(marked.parse(text), ALLOWED);
    for (const image of fragment.querySelectorAll("img")) image.replaceWith(imageText(image));
    for (const link of fragment.querySelectorAll("a")) guard(link);
    return fragment;
  };
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** An image is told and not loaded: loading it would tell another host that this answer was read. */
function imageText(image) {
  const span = document.createElement("span");
  span.className = "chip";
  span.textContent = `image: ${image.getAttribute("alt") || "without a description"}, ${hostOf(image.getAttribute("src"))}`;
  return span;
}

/** A link learns nothing of this page, and its host stands beside it, whatever its text says. */
function guard(link) {
  const href = link.getAttribute("href") ?? "";
  if (!/^(https?:|mailto:)/i.test(href)) return link.replaceWith(...link.childNodes);
  link.rel = "noopener noreferrer";
  link.target = "_blank";
  const host = document.createElement("span");
  host.className = "meta";
  host.textContent = ` (${hostOf(href)})`;
  link.after(host);
}

function hostOf(href) {
  try {
    const url = new URL(href ?? "");
    return url.host || url.protocol.slice(0, -1);
  } catch {
    return "no address";
  }
}

/** @returns {Promise<(a: string, b: string) => {value: string, added?: boolean, removed?: boolean}[]>} by words */
export async function loadWordDiff() {
  await at("diff.min.js");
  return /** @type {any} */ (globalThis).Diff.diffWordsWithSpace;
}
