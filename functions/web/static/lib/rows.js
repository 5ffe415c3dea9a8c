// @ts-check
/**
 * A list that fetches its next page while one scrolls towards its end. Each page's rows stand in a batch, and only those
 * in sight are drawn: ten thousand single rows would each have to be looked at.
 */
import { api } from "./api.js";
import { fill, h } from "./dom.js";
import { trouble } from "./trouble.js";

/** Rows are fetched so far ahead of the eye. */
const AHEAD = "600px";

/**
 * @param {{path: string, query: Record<string, any>, label: string, row: (item: any) => Element, none: () => Element}} list
 * @returns {HTMLElement}
 */
export function rows({ path, query, label, row, none }) {
  const items = h("div", { class: "rows", role: "list", "aria-label": label });
  const end = h("div", { class: "end meta", role: "status" });
  let cursor = null;
  let busy = false;
  let seen = 0;

  const more = async () => {
    if (busy) return;
    busy = true;
    end.textContent = "Loading…";
    try {
      const page = await api(path, { query: { limit: 100, ...query, cursor } });
      items.append(batch(page.items.map(row)));
      seen += page.items.length;
      cursor = page.next_cursor;
      end.textContent = "";
      if (cursor) watcher.observe(end);
      else if (seen === 0) fill(end, none());
    } catch (error) {
      fill(end, trouble(error, h("button", { type: "button", onclick: more }, "Retry")));
    } finally {
      busy = false;
    }
  };
  const watcher = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watcher.unobserve(end); // it is watched again when the page is there, which may have been an empty one
    more();
  }, { rootMargin: AHEAD });
  more();
  return h("div", null, items, end);
}

function batch(lines) {
  for (const line of lines) line.setAttribute("role", "listitem");
  return h("ol", { class: "batch", role: "presentation" }, lines);
}
