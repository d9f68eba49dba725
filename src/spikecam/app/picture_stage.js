// The element <picture-stage>: pictures of one size that are zoomed and moved together.
//
// Attributes, set by the server: size "WIDTHxHEIGHT" in pixels of the picture; layout "single",
// "beside" or "over"; mode "region" while a drag chooses a region; view, as JSON {serial, zoom},
// where zoom is null for a picture that fits, or {scale, x, y}: CSS pixels for each pixel of the
// picture, and the place in the middle; cut-place, as JSON {serial, percent} of the width.
// Events, whose detail goes to the server: viewchange, cutchange, pixelchoice, regionchoice,
// pixelhover.
(() => {
    const MAX_SCALE = 64;
    // Logarithm of the scale for each pixel of the wheel's turn; a line of text is so many pixels.
    const WHEEL_ZOOM = 0.002, LINE_PIXELS = 33;
    const STEP_ZOOM = 1.5, DOUBLE_CLICK_ZOOM = 4;
    // A pointer that moves less, in CSS pixels, clicks.
    const CLICK_PIXELS = 4;
    const SETTLE_MS = 150, TURN_MS = 500;
    const CUT_STEP = 2;

    const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

    class PictureStage extends HTMLElement {
        static observedAttributes = ["size", "layout", "view", "cut-place"];
        zoom = null;
        cut = 50;
        pointers = new Map();

        connectedCallback() {
            this.sizes = new ResizeObserver(() => this.draw());
            this.sizes.observe(this);
            // The pictures within the panes are made without a text of their own.
            this.pictures = new MutationObserver(() => this.namePictures());
            this.pictures.observe(this, { childList: true, subtree: true });
            this.namePictures();
            this.listeners = {
                wheel: this.turnWheel, pointerdown: this.press, pointermove: this.move,
                pointerup: this.release, pointercancel: this.release, pointerleave: this.leave,
                dblclick: this.toggleZoom, keydown: this.moveCut,
            };
            for (const [type, listener] of Object.entries(this.listeners)) {
                this.addEventListener(type, listener, { passive: false });
            }
            this.pressKey = (event) => this.zoomByKey(event);
            document.addEventListener("keydown", this.pressKey);
            this.draw();
        }

        namePictures() {
            for (const picture of this.querySelectorAll("img:not([alt])")) picture.alt = "the frame";
        }

        disconnectedCallback() {
            this.sizes.disconnect();
            this.pictures.disconnect();
            document.removeEventListener("keydown", this.pressKey);
            for (const [type, listener] of Object.entries(this.listeners)) {
                this.removeEventListener(type, listener);
            }
        }

        attributeChangedCallback(name, before, value) {
            if (name === "view" && value) this.zoom = JSON.parse(value).zoom;
            if (name === "cut-place" && value) this.cut = JSON.parse(value).percent;
            this.draw();
        }

        get pictureSize() {
            return (this.getAttribute("size") ?? "").split("x").map(Number);
        }

        get pane() {
            return this.querySelector(".pane");
        }

        // Scale and middle of what is shown.
        get shownView() {
            if (this.zoom) return this.zoom;
            const [width, height] = this.pictureSize;
            return { scale: this.fitScale(), x: width / 2, y: height / 2 };
        }

        fitScale() {
            const [width, height] = this.pictureSize;
            return Math.min(this.pane.clientWidth / width, this.pane.clientHeight / height);
        }

        draw() {
            const [width, height] = this.pictureSize;
            if (!height || !this.isConnected || !this.pane) return;
            this.style.setProperty("--ratio", width / height);
            this.style.setProperty("--width", width + "px");
            this.style.setProperty("--height", height + "px");
            this.drawCut();
            if (!this.pane.clientWidth) return;
            const { scale, x, y } = this.shownView;
            this.style.setProperty("--scale", scale);
            this.style.setProperty("--left", this.pane.clientWidth / 2 - x * scale + "px");
            this.style.setProperty("--top", this.pane.clientHeight / 2 - y * scale + "px");
            this.toggleAttribute("zoomed", this.zoom !== null);
            this.toggleAttribute("smaller", scale < 1);
            clearTimeout(this.settling);
            this.settling = setTimeout(() => this.emitView(scale), SETTLE_MS);
        }

        emitView(scale) {
            const state = JSON.stringify([this.zoom, scale]);
            if (state === this.emitted) return;
            this.emitted = state;
            this.emit("viewchange", { zoom: this.zoom, scale });
        }

        emit(type, detail) {
            this.dispatchEvent(new CustomEvent(type, { detail }));
        }

        // The place of the picture below a point of the window.
        placeAt(event) {
            const pane = document.elementsFromPoint(event.clientX, event.clientY)
                .map((element) => element.closest(".pane")).find((each) => each) ?? this.pane;
            const box = (this.pressed?.pane ?? pane).getBoundingClientRect();
            const { scale, x, y } = this.shownView;
            return {
                pane, box,
                x: x + (event.clientX - box.left - box.width / 2) / scale,
                y: y + (event.clientY - box.top - box.height / 2) / scale,
            };
        }

        setZoom(scale, x, y) {
            const [width, height] = this.pictureSize;
            this.zoom = { scale, x: clamp(x, 0, width), y: clamp(y, 0, height) };
            this.draw();
        }

        // Zoom so that the place below a point of the window stays there.
        zoomAbout(event, factor) {
            const place = this.placeAt(event), before = this.shownView, fit = this.fitScale();
            const scale = clamp(before.scale * factor, Math.min(fit, before.scale), MAX_SCALE);
            if (factor < 1 && scale <= fit) return this.fit();
            const share = before.scale / scale;
            this.setZoom(
                scale, place.x + (before.x - place.x) * share, place.y + (before.y - place.y) * share,
            );
        }

        zoomByStep(steps) {
            const box = this.pane.getBoundingClientRect();
            const middle = {
                clientX: box.left + box.width / 2, clientY: box.top + box.height / 2,
            };
            this.zoomAbout(middle, STEP_ZOOM ** steps);
        }

        fit() {
            this.zoom = null;
            this.draw();
        }

        showPixels() {
            this.setZoom(1, this.shownView.x, this.shownView.y);
        }

        showRegion(left, top, right, bottom) {
            const scale = 0.9 * Math.min(
                this.pane.clientWidth / (right - left), this.pane.clientHeight / (bottom - top),
            );
            this.setZoom(Math.min(scale, MAX_SCALE), (left + right) / 2, (top + bottom) / 2);
        }

        toggleFullScreen() {
            if (document.fullscreenElement) document.exitFullscreen();
            else this.closest(".viewer").requestFullscreen?.();
        }

        toggleZoom(event) {
            if (event.target.closest(".cut")) return;
            if (this.zoom) return this.fit();
            const fit = this.fitScale();
            this.zoomAbout(event, fit < 1 ? 1 / fit : DOUBLE_CLICK_ZOOM);
        }

        turnWheel(event) {
            const since = event.timeStamp - (this.wheelTime ?? -Infinity);
            // All of the picture is there: the page scrolls, though not in one turn with the zoom.
            if (!this.zoom && event.deltaY > 0 && since > TURN_MS) return;
            this.wheelTime = event.timeStamp;
            event.preventDefault();
            const pixels = event.deltaY * (event.deltaMode ? LINE_PIXELS : 1);
            this.zoomAbout(event, Math.exp(-WHEEL_ZOOM * pixels));
        }

        press(event) {
            if (event.button !== 0) return;
            this.setPointerCapture(event.pointerId);
            this.pointers.set(event.pointerId, event);
            const place = this.placeAt(event);
            let action = "pan";
            if (event.target.closest(".cut")) action = "cut";
            else if (this.getAttribute("mode") === "region") action = "region";
            else if (event.ctrlKey || event.altKey || event.metaKey) action = "region";
            if (this.pointers.size > 1) action = "pinch";
            this.pressed = { ...place, event, action, view: this.shownView, hasMoved: false };
        }

        move(event) {
            if (!this.pressed || !this.pointers.has(event.pointerId)) return this.hover(event);
            const before = this.pointers.get(event.pointerId), start = this.pressed;
            const x = event.clientX - start.event.clientX, y = event.clientY - start.event.clientY;
            start.hasMoved ||= Math.hypot(x, y) > CLICK_PIXELS;
            if (start.action === "pinch") this.pinch(event, before);
            this.pointers.set(event.pointerId, event);
            if (start.action === "cut") this.dragCut(event);
            if (!start.hasMoved) return;
            if (start.action === "region") this.drawBand(start, event);
            if (start.action === "pan" && this.zoom) {
                const { scale } = start.view;
                this.setZoom(scale, start.view.x - x / scale, start.view.y - y / scale);
            }
        }

        pinch(event, before) {
            const other = [...this.pointers.values()].find((e) => e.pointerId !== event.pointerId);
            if (!other) return;
            const distance = (e) => Math.hypot(e.clientX - other.clientX, e.clientY - other.clientY);
            this.pressed.hasMoved = true;
            this.zoomAbout(other, distance(event) / Math.max(1, distance(before)));
        }

        release(event) {
            this.pointers.delete(event.pointerId);
            if (this.pressed && this.pointers.size === 1) {
                // After a pinch the finger that stays moves the picture on.
                const [rest] = this.pointers.values(), place = this.placeAt(rest);
                this.pressed = {
                    ...place, event: rest, action: "pan", view: this.shownView, hasMoved: true,
                };
            }
            if (!this.pressed || this.pointers.size) return;
            const { action, hasMoved } = this.pressed, start = this.pressed;
            const place = this.placeAt(event);
            this.pressed = undefined;
            this.band.hidden = true;
            if (action === "cut") {
                this.emit("cutchange", this.cut);
                // Keys are for the frames again.
                this.querySelector(".cut").blur();
            }
            if (event.type === "pointercancel") return;
            const [width, height] = this.pictureSize;
            if (action === "region" && hasMoved) {
                const left = clamp(Math.floor(Math.min(start.x, place.x)), 0, width - 1);
                const top = clamp(Math.floor(Math.min(start.y, place.y)), 0, height - 1);
                const right = clamp(Math.ceil(Math.max(start.x, place.x)), left + 1, width);
                const bottom = clamp(Math.ceil(Math.max(start.y, place.y)), top + 1, height);
                this.emit("regionchoice", [left, top, right, bottom]);
            } else if ((action === "pan" || action === "region") && !hasMoved) {
                const pixel = this.pixelAt(place);
                if (pixel) this.emit("pixelchoice", pixel);
            }
        }

        pixelAt({ x, y }) {
            const [width, height] = this.pictureSize;
            // The last pixel reaches to the picture's very edge.
            if (x < 0 || y < 0 || x > width || y > height) return null;
            return [Math.min(Math.floor(x), width - 1), Math.min(Math.floor(y), height - 1)];
        }

        hover(event) {
            const pixel = this.pixelAt(this.placeAt(event));
            if (String(pixel) === String(this.hovered)) return;
            this.hovered = pixel;
            this.emit("pixelhover", pixel);
        }

        leave() {
            if (this.pressed || !this.hovered) return;
            this.hovered = null;
            this.emit("pixelhover", null);
        }

        get band() {
            return this.querySelector(".band");
        }

        drawBand(start, event) {
            const box = this.getBoundingClientRect(), style = this.band.style;
            const { clientX, clientY } = start.event;
            style.left = Math.min(clientX, event.clientX) - box.left + "px";
            style.top = Math.min(clientY, event.clientY) - box.top + "px";
            style.width = Math.abs(event.clientX - clientX) + "px";
            style.height = Math.abs(event.clientY - clientY) + "px";
            this.band.hidden = false;
        }

        dragCut(event) {
            const box = this.getBoundingClientRect();
            this.setCut((100 * (event.clientX - box.left)) / box.width);
        }

        setCut(percent) {
            this.cut = clamp(Math.round(percent), 0, 100);
            this.drawCut();
        }

        drawCut() {
            this.style.setProperty("--cut", this.cut + "%");
            this.querySelector(".cut").setAttribute("aria-valuenow", this.cut);
        }

        moveCut(event) {
            const step = { ArrowLeft: -CUT_STEP, ArrowRight: CUT_STEP }[event.key];
            if (!step || !event.target.closest(".cut")) return;
            // The arrow keys are not for the frames then.
            event.stopPropagation();
            event.preventDefault();
            this.setCut(this.cut + step);
            this.emit("cutchange", this.cut);
        }

        zoomByKey(event) {
            const focus = document.activeElement?.tagName;
            if (["INPUT", "SELECT", "BUTTON", "TEXTAREA"].includes(focus)) return;
            if (event.ctrlKey || event.altKey || event.metaKey || !this.offsetParent) return;
            const actions = {
                "+": () => this.zoomByStep(1), "=": () => this.zoomByStep(1),
                "-": () => this.zoomByStep(-1), "0": () => this.fit(), "1": () => this.showPixels(),
                f: () => this.toggleFullScreen(),
            };
            actions[event.key.toLowerCase()]?.();
        }
    }

    customElements.define("picture-stage", PictureStage);
})();
