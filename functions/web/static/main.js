// @ts-check
/** Starts the page. */
import { ask, fillRail } from "./lib/rail.js";
import { startRouter } from "./lib/router.js";
import { VIEWS } from "./views.js";

const mark = fillRail(/** @type {HTMLElement} */ (document.getElementById("rail")), VIEWS);
document.addEventListener("key-wanted", ask);
await startRouter(/** @type {HTMLElement} */ (document.getElementById("main")), VIEWS, mark);
