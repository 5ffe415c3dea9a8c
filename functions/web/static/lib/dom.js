// @ts-check
/** Making elements. Text only ever becomes a text node: nothing here reads markup. */

/** Set as properties, because the attribute of the name means something else or is none. */
const PROPERTIES = new Set(["value", "checked", "disabled", "indeterminate", "open", "readOnly", "multiple"]);

/**
 * @param {string} tag
 * @param {Record<string, any> | null} [props] `on…`: a listener; `class`; `dataset` and `style`: objects; false, null
 *   and undefined are left out, true is an attribute without value
 * @param {...any} children nodes, texts, lists of them; null and false are left out
 * @returns {any} the element
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) set(element, name, value);
  add(element, children);
  return element;
}

function set(element, name, value) {
  if (name === "dataset" || name === "style") Object.assign(element[name], value);
  else if (PROPERTIES.has(name)) element[name] = value;
  else if (value === false || value === null || value === undefined) return;
  else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else element.setAttribute(name, value === true ? "" : String(value));
}

function add(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) add(element, child);
    else if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Puts the children in place of all that is there. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Paths on a 16 by 16 grid, drawn with a line of 1.5. */
const GLYPHS = {
  play: "M5 3.5v9l7-4.500z",
  stop: "M4.5 4.500h7v7h-7z",
  plus: "M8 3.500v9M3.5 8h9",
  close: "M4 4l8 8M12 4l-8 8",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  check: "M3.5 8.500l3 3 6-7",
  alert: "M8 2.500l6 11H2zM8 6.500v3M8 11.500h.01",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.500v3.500M8 5h.01",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3.200l2 1.3",
  copy: "M6 6h7v7H6zM10 6V3H3v7h3",
  link: "M6.5 9.500l3-3M7 5l1.5-1.500a2.5 2.5 0 0 1 4 4L11 9M9 11l-1.5 1.500a2.5 2.5 0 0 1-4-4L5 7",
  clip: "M12 7.500L7.5 12a2.7 2.7 0 0 1-4-4L8 3.500a1.8 1.8 0 0 1 2.6 2.600L6.5 10.2",
  image: "M2.5 3.500h11v9h-11zM2.5 11l3-3 2.5 2.5 2-2 3.5 3M10.5 6.200h.01",
  file: "M4 2.500h5l3 3v8H4zM9 2.500v3h3",
  tool: "M10 3a3 3 0 0 0-3 4.200L3 11.2 4.8 13l4-4A3 3 0 0 0 13 6l-2 1-1.5-1.500z",
  thought: "M6 13.500h4M6.5 11.500h3c0-1.5 2-2.5 2-5a3.5 3.5 0 0 0-7 0c0 2.5 2 3.5 2 5z",
  wide: "M6 3.500H3v3M10 12.500h3v-3M3 3.500l4 4M13 12.500l-4-4",
  narrow: "M3.5 7h3.500V3.500M12.5 9H9v3.500M7 7L3 3M9 9l4 4",
  diff: "M8 2.500v7M4.5 6h7M4.5 13h7",
  retry: "M13 8a5 5 0 1 1-1.5-3.500M13 2.500v3h-3",
  next: "M3 8h9M9 4.500L12.5 8 9 11.5",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.700L14 14",
  save: "M3 3h8l2 2v8H3zM5.5 3v3h4V3M5.5 13V9.500h5V13",
  sliders: "M3 5h5M11 5h2M3 11h2M8 11h5M9.5 3.500v3M6.5 9.500v3",
  trash: "M3 4.500h10M6 4.500V3h4v1.500M4.5 4.500l.5 8.500h6l.5-8.5",
  up: "M8 13V3.500M4 7.500l4-4 4 4",
  down: "M8 3v9.500M4 8.500l4 4 4-4",
  fold: "M2.5 3h11v10h-11zM6 3v10",
  chevron: "M6 4l4 4-4 4",
  bolt: "M9 2L4 9h3.500L7 14l5-7H8.500z",
  coin: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM9.7 6.200C9 5.4 6.3 5.3 6.3 6.800S9.7 7.6 9.7 9.2 7 10.7 6.2 9.800M8 4.700v6.6",
  history: "M2.5 8A5.5 5.5 0 1 0 4 4.200L2.5 5.700M2.5 2.700v3h3M8 5v3.200l2 1.3",
  prompt: "M2.5 3h11v8h-6l-3 2.500V11h-2z",
  lab: "M6.5 2.500v4L3 13h10L9.5 6.500v-4M5.5 2.500h5M5 10h6",
  rows: "M2.5 3.500h11v9h-11zM2.5 6.500h11M2.5 9.500h11M6.5 6.500v6",
  chart: "M3 13V8M6.5 13V3.500M10 13V6.500M13.5 13h-11",
  usage: "M2.5 13h11M4 10.500l3-3.5 2.5 2L13 4",
  key: "M10.5 8.500a3 3 0 1 0-3-3L2.5 10.500v3h3v-2h2v-2z",
  keyboard: "M2 4.500h12v7H2zM4.5 7h.01M7 7h.01M9.5 7h.01M11.5 7h.01M5 9.500h6",
  compress: "M8 2v4M6 4.500L8 6.500l2-2M8 14v-4M6 11.500l2-2 2 2M3 8h10",
  markdown: "M2 11.5v-7l3 3.5 3-3.5v7M12 4.5v7M9.5 9l2.5 2.5L14.5 9",
  user: "M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3.5 13.500c.5-3 8.5-3 9 0",
};

/** A drawing beside a word that says the same: hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "glyph");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", GLYPHS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows an icon alone; `label` is its name and its hint. */
export function iconButton(name, label, onclick, props = {}) {
  const { class: more = "", ...rest } = props;
  return h("button", { type: "button", class: `icon quiet ${more}`.trim(), "aria-label": label, title: label, onclick, ...rest }, icon(name));
}

/** A link to a place outside: its host stands beside it, and it learns nothing of this page. */
export function outsideLink(href, text = href) {
  const url = new URL(href, document.baseURI);
  return [h("a", { href: url.href, rel: "noopener noreferrer", target: "_blank" }, text), " ", h("span", { class: "meta" }, `(${url.host})`)];
}

/** @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    notice("Copied");
  } catch {
    notice("The browser does not let this page copy.");
  }
}

/** Tells the person something that needs no answer; gone after a while. */
export function notice(text, action) {
  const place = document.getElementById("notices");
  const box = h("div", null, h("span", { class: "grow" }, text), action);
  place?.append(box);
  setTimeout(() => box.remove(), action ? 12000 : 5000);
}
