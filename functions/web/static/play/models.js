// @ts-check
/** The catalogue: single models as they are asked for, all of them when somebody looks for one. */
import { api } from "../lib/api.js";

/** @type {Map<string, any>} */
const known = new Map();
/** @type {Map<string, Promise<any>>} */
const asked = new Map();
let whole = null;

/** @param {string} model `provider/model` @returns {any} null where it is not known, or not yet */
export const modelInfo = (model) => known.get(model) ?? null;

/** Dollars per million tokens; undefined is not known. */
export function priceOf(model) {
  const info = known.get(model);
  return info && info.output_usd_per_mtok !== null ? { input: info.input_usd_per_mtok, output: info.output_usd_per_mtok } : {};
}

/** Resolves when all that can be known of these is known. @param {string[]} models */
export function whenKnown(models) {
  return Promise.all(models.map((model) => known.has(model) || whole || one(model))).catch(() => {});
}

function one(model) {
  if (!asked.has(model)) {
    const [provider, ...name] = model.split("/");
    const query = name.length > 0 ? { provider, search: name.join("/"), limit: 20 } : { search: model, limit: 20 };
    asked.set(model, api("api/v1/models", { query }).then(({ items }) => items.forEach(learn)).catch(() => asked.delete(model)));
  }
  return asked.get(model);
}

function learn(info) {
  known.set(info.id, info);
  if (!known.has(info.model)) known.set(info.model, info);
}

/** All models with whether their provider is ready. @returns {Promise<{models: any[], providers: Map<string, any>}>} */
export function catalogue() {
  whole ??= Promise.all([api("api/v1/models"), api("api/v1/playground/providers")])
    .then(([models, { providers }]) => {
      models.items.forEach(learn);
      return { models: models.items, providers: new Map(providers.map((provider) => [provider.id, provider])) };
    })
    .catch((error) => {
      whole = null;
      throw error;
    });
  return whole;
}
