// Search in the site. The format of the index is described in crawler/website/shards.py.
const base = new URL(".", document.currentScript.src);
const form = document.querySelector("form.search");
const list = document.querySelector(".results");
const status = document.querySelector(".status");
const files = new Map();
let index, run = 0;

const fetched = (name, read) => {
  if (!files.has(name)) files.set(name, fetch(new URL(`search/${name}`, base)).then(read));
  return files.get(name);
};
const json = (name) => fetched(name, (answer) => answer.json());
const bytes = (name) => fetched(name, async (answer) =>
  new Uint8Array(await new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer()));
const fold = (text) => text.normalize("NFKC").toLowerCase();

function keys(word) {
  const found = [];
  for (const part of fold(word).match(/[\p{L}\p{N}\p{M}]+/gu) || [])
    for (let at = 0; at + 1 < part.length; at++) found.push([part.charCodeAt(at), part.charCodeAt(at + 1)]);
  return found;
}

async function numbers([first, second]) {
  const data = await bytes(`${(first * 31 + second) % index.shards}.bin`);
  let at = 0;
  const varint = () => {
    let value = 0, shift = 1, byte;
    do { byte = data[at++]; value += (byte & 127) * shift; shift *= 128; } while (byte > 127);
    return value;
  };
  while (at < data.length) {
    const found = (data[at] | data[at + 1] << 8) === first && (data[at + 2] | data[at + 3] << 8) === second;
    at += 4;
    const end = varint() + at;
    if (found) {
      const result = [];
      for (let last = 0; at < end;) result.push(last += varint());
      return result;
    }
    at = end;
  }
  return [];
}

function spread(runs) {  // [[value, number], …] -> the value of each article
  return runs.flatMap(([value, number]) => Array(number).fill(value));
}

async function candidates(words, source, month) {
  const lists = await Promise.all(words.flatMap(keys).map(numbers));
  let found = lists.sort((a, b) => a.length - b.length).reduce((left, right) => {
    const set = new Set(right);
    return left.filter((number) => set.has(number));
  }, lists[0] || []);
  if (source) {
    const sources = spread(index.sourceRuns), wanted = index.sources.indexOf(source);
    found = found.filter((number) => sources[number] === wanted);
  }
  if (month) {
    const months = spread(index.months);
    found = found.filter((number) => months[number].startsWith(month));
  }
  return found;
}

async function article(number) {
  const rows = await json(`titles-${Math.floor(number / index.chunk)}.json`);
  const [title, path, date, source] = rows[number % index.chunk];
  const url = new URL(`${path}/`, base);
  const page = new DOMParser().parseFromString(await (await fetch(url)).text(), "text/html");
  const text = `${title}\n${page.querySelector(".body").textContent}`.replace(/\s+/g, " ");
  return { title, date, source, url, text };
}

function row(found, words) {
  const item = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: found.url, textContent: found.title });
  const facts = Object.assign(document.createElement("small"), { textContent: ` ${found.date} ${found.source} · ${found.hits} 处` });
  const snippet = document.createElement("p");
  const at = Math.max(0, found.text.toLowerCase().indexOf(words[0].toLowerCase(), found.title.length));
  snippet.append(at > 30 ? "…" : "", found.text.slice(Math.max(0, at - 30), at));
  snippet.append(Object.assign(document.createElement("mark"), { textContent: found.text.slice(at, at + words[0].length) }));
  snippet.append(found.text.slice(at + words[0].length, at + 90), "…");
  item.append(link, facts, snippet);
  return item;
}

async function search(more = 0) {
  const own = more ? run : ++run;
  const data = new FormData(form);
  const words = (data.get("q") || "").trim().split(/\s+/).filter(Boolean);
  index ||= await json("index.json");
  if (!more) list.replaceChildren();
  if (!words.some((word) => keys(word).length)) { status.textContent = words.length ? "请输入至少两个字" : ""; return; }
  status.textContent = "…";
  const numbers = await candidates(words, data.get("source"), data.get("month"));
  const wanted = data.get("sort") === "hits" ? 50 : 10;
  let at = more;
  let shown = 0;
  const batch = [];
  while (at < numbers.length && shown < wanted) {
    const part = await Promise.all(numbers.slice(at, at + wanted).map(article));
    if (own !== run) return;
    at += part.length;
    for (const found of part) {  // the pairs of a longer word can also be in different places of an article
      const text = fold(found.text);
      const counts = words.map((word) => text.split(fold(word)).length - 1);
      if (counts.every(Boolean)) { batch.push({ ...found, hits: counts.reduce((a, b) => a + b) }); shown++; }
    }
  }
  if (data.get("sort") === "hits") batch.sort((a, b) => b.hits - a.hits);
  list.append(...batch.map((found) => row(found, words)));
  const isExact = words.every((word) => word.length < 3) || at >= numbers.length;
  const number = at >= numbers.length ? list.children.length : numbers.length;
  status.textContent = `${isExact ? "" : "约 "}${number} 篇`;
  if (at < numbers.length) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "更多" });
    button.onclick = () => { button.remove(); search(at); };
    status.append(" ", button);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  history.replaceState(null, "", `?${new URLSearchParams(new FormData(form))}`);
  search();
});
json("index.json").then((loaded) => {
  index = loaded;
  for (const name of index.sources) form.elements.source.append(new Option(name, name));
  const months = index.months.map(([month]) => month).filter(Boolean);
  for (const value of new Set(months.flatMap((month) => [month.slice(0, 4), month]))) form.elements.month.append(new Option(value, value));
  for (const [name, value] of new URLSearchParams(location.search)) if (form.elements[name]) form.elements[name].value = value;
  if (form.elements.q.value) search();
});
