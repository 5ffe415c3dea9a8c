// @ts-check
/** The views, as the rail lists them; each is loaded when it is first looked at. */

/** @type {Record<string, import("./lib/router.js").View>} */
export const VIEWS = {
  play: { title: "Play", icon: "play", load: () => import("./play/view.js") },
};
