// @ts-check
/** The views, as the rail lists them; each is loaded when it is first looked at. */

/** @type {Record<string, import("./lib/router.js").View>} */
export const VIEWS = {
  play: { title: "Play", icon: "play", load: () => import("./play/view.js") },
  history: { title: "History", icon: "history", load: () => import("./history/view.js") },
  prompts: { title: "Prompts", icon: "prompt", load: () => import("./prompts/view.js") },
  playgrounds: { title: "Playgrounds", icon: "lab", load: () => import("./playgrounds/view.js") },
  datasets: { title: "Datasets", icon: "rows", load: () => import("./datasets/view.js") },
  benchmarks: { title: "Benchmarks", icon: "chart", load: () => import("./benchmarks/view.js") },
  usage: { title: "Usage", icon: "usage", load: () => import("./usage/view.js") },
  keys: { title: "Keys", icon: "key", load: () => import("./keys/view.js") },
};
