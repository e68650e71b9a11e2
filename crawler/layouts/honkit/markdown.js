// Markdown of a corpus (crawler/layouts/FORMAT.md) -> HTML: CommonMark with tables, struck-out text, bare URLs and hints.

const { parse } = require("url");
const MarkdownIt = require("markdown-it");

const HINT = /^\{% hint style="(\w+)" %\}$/;
const END_OF_HINT = "{% endhint %}";

// Without raw HTML: tags in the text of an article are text.
const pages = configured(new MarkdownIt({ linkify: true }));
const hints = configured(new MarkdownIt({ linkify: true, breaks: true })); // each field of the header on its own line

function configured(markdown) {
    markdown.inline.State = stateOf(markdown);
    markdown.inline.ruler.before("strikethrough", "tildes", tildes);
    markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
    const match = markdown.linkify.matchAtStart.bind(markdown.linkify);
    markdown.linkify.matchAtStart = (text) => {
        const found = match(text);
        return found && /[\\"`[\]]/.test(found.raw) ? null : found; // else an escape after a URL would be part of it
    };
    markdown.validateLink = isSafe;
    // HonKit finds a page by its name, not by the encoded name. Browsers ignore control characters: "java\nscript:".
    markdown.normalizeLink = (address) => address.replace(/[\u0000-\u001f\u007f]/g, encodeURIComponent);
    markdown.normalizeLinkText = (text) => text;
    return markdown;
}

// Bold beside Chinese punctuation, which CommonMark does not see: **“甲。”**乙. Each "*" of the text of an article is escaped,
// and the marks have no white space inside.
function stateOf(markdown) {
    const { isWhiteSpace } = markdown.utils;
    return class extends markdown.inline.State {
        scanDelims(start, canSplitWord) {
            const found = super.scanDelims(start, canSplitWord);
            if (!canSplitWord) return found;
            const end = start + found.length;
            const isBlank = (place) => place < 0 || place >= this.posMax || isWhiteSpace(this.src.charCodeAt(place));
            return { ...found, can_open: !isBlank(end), can_close: !isBlank(start - 1) };
        }
    };
}

// In GitHub's Markdown, three tildes or more are text.
function tildes(state, silent) {
    if (!state.src.startsWith("~~~", state.pos)) return false;
    const run = /^~+/.exec(state.src.slice(state.pos, state.posMax));
    if (!silent) state.pending += run[0];
    state.pos += run[0].length;
    return true;
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
