// A document beside the question. A real model reads it: MODEL=openai/gpt-4o node files.mjs report.pdf application/pdf
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { run, setting } from "./promptyard.mjs";

const [path = "LICENSE", kind = "text/plain"] = process.argv.slice(2);
const data = `data:${kind};base64,${(await readFile(path)).toString("base64")}`;
const content = [
  { type: "text", text: "Sum this document up." },
  { type: "file", file: { filename: basename(path), file_data: data } },
];
const answer = await run({ model: setting("MODEL", "demo/writer"), messages: [{ role: "user", content }] });
console.log(answer.output);
