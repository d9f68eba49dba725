// The element <level-histogram>: a histogram, with handles for black and white.
//
// Attribute, set by the server: levels, as JSON {counts, low, high, black, white}: counts of values
// between low and high. Event, whose detail goes to the server: levelschange, [black, white].
(() => {
    // Parts of the histogram's range: the least between black and white, and a step by the keyboard.
    const GAP = 1 / 200, KEY_STEP = 1 / 200, SHIFT_FACTOR = 10;
    const STYLE = `
        :host { display: block; position: relative; height: 72px; touch-action: none;
            border-bottom: 1px solid #808080; }
        svg { width: 100%; height: 100%; display: block; }
        path { fill: #808080; }
        .handle { position: absolute; top: 0; bottom: -8px; width: 20px; margin-left: -10px;
            cursor: ew-resize; }
        .handle::before { content: ""; position: absolute; left: 9px; width: 2px; top: 0;
            bottom: 8px; background: #2f86d1; }
        .handle::after { content: ""; position: absolute; left: 4px; bottom: 0; width: 10px;
            height: 10px; border: 1px solid #2f86d1; border-radius: 2px; }
        .black::after { background: black; }
        .white::after { background: white; }
        .handle:focus-visible { outline: 2px solid #2f86d1; }`;

    class LevelHistogram extends HTMLElement {
        static observedAttributes = ["levels"];

        constructor() {
            super();
            const handle = (name) =>
                `<div class="handle ${name.toLowerCase()}" role="slider" tabindex="0"
                    aria-label="${name}"></div>`;
            this.attachShadow({ mode: "open" }).innerHTML = `<style>${STYLE}</style>
                <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true"><path /></svg>
                ${handle("Black")}${handle("White")}`;
            this.handles = {};
            for (const name of ["black", "white"]) {
                const element = this.shadowRoot.querySelector("." + name);
                this.handles[name] = element;
                element.addEventListener("keydown", (event) => this.pressKey(event, name));
                element.addEventListener("pointerdown", (event) => {
                    element.setPointerCapture(event.pointerId);
                    this.dragged = name;
                });
                element.addEventListener("pointermove", (event) => {
                    if (this.dragged === name) this.drag(event, name);
                });
                for (const type of ["pointerup", "pointercancel"]) {
                    element.addEventListener(type, () => {
                        this.dragged = undefined;
                        // Keys are for the frames again.
                        element.blur();
                    });
                }
            }
        }

        attributeChangedCallback(name, before, value) {
            const { black, white } = this.shown ?? {};
            this.shown = JSON.parse(value);
            // What is dragged goes before what the server says of it.
            if (this.dragged) Object.assign(this.shown, { black, white });
            this.draw();
        }

        draw() {
            const { counts, low, high } = this.shown;
            // Square roots: few pixels are visible beside many.
            const most = Math.sqrt(Math.max(1, ...counts));
            const bars = counts.map((count, i) => {
                const top = 1 - Math.sqrt(count) / most;
                return `H${i / counts.length}V${top}H${(i + 1) / counts.length}`;
            });
            this.shadowRoot.querySelector("path").setAttribute("d", `M0 1${bars.join("")}V1Z`);
            for (const [name, handle] of Object.entries(this.handles)) {
                const share = (this.shown[name] - low) / (high - low || 1);
                handle.style.left = `${100 * Math.min(1, Math.max(0, share))}%`;
                handle.setAttribute("aria-valuemin", low.toPrecision(4));
                handle.setAttribute("aria-valuemax", high.toPrecision(4));
                handle.setAttribute("aria-valuenow", this.shown[name].toPrecision(4));
            }
        }

        drag(event, name) {
            const box = this.getBoundingClientRect(), { low, high } = this.shown;
            const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
            this.setLevel(name, low + share * (high - low));
        }

        pressKey(event, name) {
            const direction = {
                ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1,
            }[event.key];
            if (!direction) return;
            // The arrow keys are not for the frames then.
            event.stopPropagation();
            event.preventDefault();
            const { low, high } = this.shown, factor = event.shiftKey ? SHIFT_FACTOR : 1;
            const step = direction * factor * KEY_STEP * (high - low);
            this.setLevel(name, this.shown[name] + step);
        }

        setLevel(name, value) {
            const levels = this.shown, gap = GAP * (levels.high - levels.low);
            levels[name] = name === "black" ? Math.min(value, levels.white - gap)
                : Math.max(value, levels.black + gap);
            this.draw();
            const detail = [levels.black, levels.white];
            this.dispatchEvent(new CustomEvent("levelschange", { detail }));
        }
    }

    customElements.define("level-histogram", LevelHistogram);
})();
