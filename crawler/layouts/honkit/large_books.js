// A book of some thousand pages: HonKit starts all pages at once, compiles the templates of the theme for each page, and
// walks and copies the whole summary several times for each page. Without these changes, time and memory grow with the square
// of the number of pages. They use classes of HonKit 6; in another HonKit, only the turns stay.

// Return begin(), which waits for the turn of a page, and end().
function turns() {
    const waiting = [];
    let isFree = true;
    return {
        begin() {
            if (!isFree) return new Promise((resolve) => waiting.push(resolve));
            isFree = false;
            return Promise.resolve();
        },
        end() {
            if (waiting.length) waiting.shift()();
            else isFree = true;
        },
    };
}

function speedUp() {
    for (const change of [compileOnce, runScriptsHere, encodeSummaryOnce, indexSummary]) {
        try {
            change();
        } catch (error) {
            console.warn(`slower, because this HonKit has other classes: ${error.message}`);
        }
    }
}

// Compile each template of the theme once: it has the same text for all pages.
function compileOnce() {
    const { Template } = require("nunjucks");
    const compile = Template.prototype._compile;
    const compiled = new Map(); // path and text of a template -> its functions
    Template.prototype._compile = function () {
        const isTheme = String(this.path).endsWith(".html");
        const key = `${this.path}\n${this.tmplStr}`;
        if (isTheme && compiled.has(key)) this.tmplProps = compiled.get(key);
        compile.call(this);
        if (isTheme && !this.tmplProps) {
            const blocks = Object.entries(this.blocks).map(([name, block]) => [`b_${name}`, block]);
            compiled.set(key, { root: this.rootRenderFunc, ...Object.fromEntries(blocks) });
        }
    };
}

// Run the scripts of templates ({% do %}) without a V8 context for each: a page has a dozen, and Node slows down with them.
function runScriptsHere() {
    const { Environment } = require("nunjucks");
    const add = Environment.prototype.addExtension;
    const functions = new Map(); // text of a script -> function
    const variables = {
        has: () => true, // every name is a variable of the template, as in a context of its own
        get: (values, name) => (name === Symbol.unscopables ? undefined : name in values ? values[name] : globalThis[name]),
    };
    Environment.prototype.addExtension = function (name, extension) {
        if (name === "DoExtension") {
            extension.run = (context, body) => {
                const script = body();
                if (!functions.has(script)) functions.set(script, new Function("scope", `with (scope) {${script}\n}`));
                functions.get(script)(new Proxy(context.ctx, variables));
                return "";
            };
        }
        return add.call(this, name, extension);
    };
}

// Use one copy of the summary as plain objects for all pages, instead of one for each page.
function encodeSummaryOnce() {
    const module = require("honkit/lib/json/encodeSummary");
    const encode = module.default;
    const encoded = new WeakMap();
    module.default = (summary) => {
        if (!encoded.has(summary)) encoded.set(summary, encode(summary));
        return encoded.get(summary);
    };
}

// Find the entries of the summary by path and level without a walk.
function indexSummary() {
    const { normalize } = require("honkit/lib/utils/location").default;
    const Summary = require("honkit/lib/models/summary").default;
    const indexes = new WeakMap();

    function indexOf(summary) {
        if (!indexes.has(summary)) {
            const entries = summary.getArticlesAsList().toArray();
            const index = { entries, byPath: new Map(), places: new Map() };
            entries.forEach((entry, place) => {
                const path = entry.getPath() && normalize(entry.getPath());
                if (path && !index.byPath.has(path)) index.byPath.set(path, entry);
                if (!index.places.has(entry.getLevel())) index.places.set(entry.getLevel(), place);
            });
            indexes.set(summary, index);
        }
        return indexes.get(summary);
    }

    function neighbor(summary, current, step) {
        const { entries, places } = indexOf(summary);
        let place = places.get(typeof current === "string" ? current : current.getLevel());
        do place += step;
        while (entries[place] && entries[place].hasAnchor());
        return entries[place];
    }

    Summary.prototype.getByPath = function (path) {
        return indexOf(this).byPath.get(normalize(path));
    };
    Summary.prototype.getNextArticle = function (current) {
        return neighbor(this, current, 1);
    };
    Summary.prototype.getPrevArticle = function (current) {
        return neighbor(this, current, -1);
    };
}

module.exports = { speedUp, turns };
