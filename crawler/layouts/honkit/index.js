// HonKit plugin: the pages of a corpus by a CommonMark parser instead of the one of HonKit, which loses text of articles,
// and without templates: "{{" and "{%" in an article are text. Other pages of the book do not change.

const { render } = require("./markdown");
const { speedUp, turns } = require("./large_books");

const PAGE = /^(?:[0-9]+\/(?:[0-9]+\/)?|undated\/)[^/]+\.md$/;
const rendered = new Map(); // path of a page -> its HTML, from the first hook of the page to the last one
const { begin, end } = turns();

speedUp();

module.exports = {
    book: { assets: "./assets", css: ["book.css"] },
    hooks: {
        // Other pages take no turn: after an error in one of them, as in a template, HonKit does not call the last hook.
        async "page:before"(page) {
            if (!PAGE.test(page.path)) return page;
            await begin();
            try {
                rendered.set(page.path, render(page.content));
            } catch (error) {
                end();
                throw error;
            }
            page.content = "";
            return page;
        },
        page(page) {
            if (rendered.has(page.path)) {
                page.content = rendered.get(page.path);
                rendered.delete(page.path);
                setImmediate(end);
            }
            return page;
        },
    },
};
