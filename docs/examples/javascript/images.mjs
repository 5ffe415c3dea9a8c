// A picture beside the question. A real model looks at it: MODEL=openai/gpt-4o node images.mjs photo.png
import { readFile } from "node:fs/promises";
import { run, setting } from "./promptyard.mjs";

const picture = await readFile(process.argv[2] ?? "docs/page.png");
const content = [
  { type: "text", text: "What is on this picture?" },
  { type: "image_url", image_url: { url: `data:image/png;base64,${picture.toString("base64")}` } },
];
const answer = await run({ model: setting("MODEL", "demo/writer"), messages: [{ role: "user", content }] });
console.log(answer.output);
