// Markdown of a corpus (crawler/layouts/FORMAT.md) -> HTML: CommonMark with tables, struck-out text, bare URLs and hints.

const { parse } = require("url");
const MarkdownIt = require("markdown-it");
const cjkFriendly = require("markdown-it-cjk-friendly").default; // bold beside Chinese punctuation: **“甲。”**乙

const HINT = /^\{% hint style="(\w+)" %\}$/;
const END_OF_HINT = "{% endhint %}";

// Without raw HTML: tags in the text of an article are text.
const pages = configured(new MarkdownIt({ linkify: true }));
const hints = configured(new MarkdownIt({ linkify: true, breaks: true })); // each field of the header on its own line

function configured(markdown) {
    markdown.use(cjkFriendly);
    markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
    markdown.validateLink = isSafe;
    markdown.normalizeLink = (address) => address; // HonKit finds a page by its name, not by the encoded name
    markdown.normalizeLinkText = (text) => text;
    return markdown;
}

// Node cannot parse some addresses: then HonKit would end without a book.
function isSafe(address) {
    try {
        return [null, "http:", "https:", "mailto:"].includes(parse(address).protocol);
    } catch {
        return false;
    }
}

function hint(state, startLine, endLine, silent) {
    const line = (number) => state.src.slice(state.bMarks[number] + state.tShift[number], state.eMarks[number]).trimEnd();
    const style = HINT.exec(line(startLine));
    let last = startLine + 1;
    while (style && last < endLine && line(last) !== END_OF_HINT) last += 1;
    if (!style || last >= endLine) return false;
    if (!silent) {
        const token = state.push("hint", "", 0);
        token.info = style[1];
        token.content = state.getLines(startLine + 1, last, 0, false);
        state.line = last + 1;
    }
    return true;
}

pages.block.ruler.before("fence", "hint", hint, { alt: ["paragraph", "blockquote", "list"] });
pages.renderer.rules.hint = (tokens, index) =>
    `<div class="hint hint-${tokens[index].info}">\n${hints.render(tokens[index].content)}</div>\n`;

module.exports = { render: (text) => pages.render(text) };
