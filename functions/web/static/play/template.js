// @ts-check
/** Templates as the API reads them: `{{name}}`, one pass, `\{{` for `{{` itself. */

const TOKEN = /\\\{\{|\{\{(?!\{)((?:[^{}]|\{(?!\{)|\}(?!\}))*)\}\}/g;
const NAME = /^[ \t]*([\p{L}_][\p{L}\p{N}_.-]*)[ \t]*$/u;

/** @param {string[]} texts @returns {{names: string[], faults: string[], isTemplate: boolean}} what is found, each once; `faults` stand in braces and are no names */
export function variablesOf(texts) {
  const names = new Set();
  const faults = new Set();
  let isTemplate = false;
  for (const text of texts) {
    for (const [, inside] of text.matchAll(TOKEN)) {
      isTemplate = true;
      if (inside === undefined) continue;
      const name = NAME.exec(inside)?.[1];
      if (name) names.add(name);
      else faults.add(inside);
    }
  }
  return { names: [...names], faults: [...faults], isTemplate };
}

/** The text with its values put in; a name without one stays as it stands. */
export function filled(text, values) {
  return text.replace(TOKEN, (whole, inside) => {
    if (inside === undefined) return "{{";
    const name = NAME.exec(inside)?.[1];
    return name !== undefined && values[name] !== undefined ? String(values[name]) : whole;
  });
}

/** A text that comes out of `filled` as it went in. */
export const literal = (text) => text.replaceAll("{{", "\\{{");
