"""Style of the pages, and what their own scripts do in the browser."""

from __future__ import annotations

# White text is legible on it.
COLOUR = "#2a5d8c"

STYLE = """
.frame img, .compare img { image-rendering: pixelated; }
.compare { position: relative; --cut: 50%; touch-action: none; cursor: ew-resize; }
.compare img { display: block; width: 100%; user-select: none; }
.compare img.after { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--cut)); }
.compare .cut { position: absolute; top: 0; bottom: 0; left: var(--cut); width: 2px;
    margin-left: -1px; background: white; box-shadow: 0 0 3px black; pointer-events: none; }
.exposure-track { height: 10px; background: #80808040; border-radius: 5px; }
.exposure-bar { height: 10px; background: #2a5d8c; border-radius: 5px; }
.body--dark .exposure-bar { background: #9cc6ee; }
.busy { animation: appear 0s 0.3s both; }
@keyframes appear { from { visibility: hidden; } to { visibility: visible; } }
.notice { white-space: pre-line; max-width: min(90vw, 40rem); }
.option .q-field__bottom { position: static; transform: none; min-height: 0; padding-top: 4px; }
.app-name { font-size: 1.25rem; font-weight: bold; line-height: 2rem; margin: 0; }
.file-picture { min-width: 80px; align-items: center; }
.file-rows > * + * { border-top: 1px solid #80808040; }
.file-picture img { width: 64px; height: 40px; object-fit: contain; image-rendering: auto; }
.file:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
/* Of what is important, the earlier layer goes first; Quasar's own are in the last one. */
@layer overrides { .body--dark .text-primary { color: #9cc6ee !important; } }
.body--dark .q-btn.text-primary { --q-primary: #9cc6ee; }
"""

# Quasar calls a range of two values one slider, whose value is then no number.
RANGE_PROPS = (
    "role=group :aria-valuenow=null :aria-valuemin=null :aria-valuemax=null :aria-orientation=null"
)

# A button that was clicked gives up the focus, or Space would press it again; who moves by the
# keyboard keeps it. Keys of the tabs do not scroll the page besides.
SCRIPT = """
document.addEventListener("click", (event) => {
    if (!event.detail) return;
    // Later: the button's own handler moves the focus within it.
    setTimeout(() => {
        const focus = document.activeElement;
        if (focus?.closest("button, .q-toggle, .q-tab")) focus.blur();
    });
});
document.addEventListener("keydown", (event) => {
    const inPlay = document.activeElement === document.body || !document.activeElement;
    if (inPlay && [" ", "Home", "End"].includes(event.key)) event.preventDefault();
});
window.addEventListener("popstate", () => {
    emitEvent("popstate", Object.fromEntries(new URLSearchParams(location.search)));
});
"""

# The key is in a cookie by now, and in no history and on no screenshot.
HIDE_KEY_SCRIPT = """
(() => {
    const url = new URL(location.href);
    url.searchParams.delete("key");
    history.replaceState(history.state, "", url.pathname + url.search);
})();
"""

# NiceGUI says for ever that it tries to reconnect. A server that refuses this page's cookie is
# another run; one that does not answer has probably ended.
RUN_ENDED_SCRIPT = """
(() => {
    let original, silentSince;
    const isHidden = (popup) => popup.ariaHidden !== "false";
    setInterval(async () => {
        const popup = document.getElementById("popup");
        if (!popup) return;
        if (isHidden(popup)) {
            if (original !== undefined) popup.innerHTML = original;
            original = silentSince = undefined;
            return;
        }
        original ??= popup.innerHTML;
        silentSince ??= Date.now();
        try {
            const answer = await fetch("/favicon.ico", { cache: "no-store" });
            if (answer.status === 403 && !isHidden(popup)) {
                popup.textContent = "This run of spikecam has ended, and another has begun: "
                    + "open the address that it says in its terminal.";
            }
        } catch {
            if (Date.now() - silentSince > 5000 && !isHidden(popup)) {
                popup.textContent = "spikecam does not answer: it has ended, or the connection to "
                    + "its machine is broken. This page goes on when it is there again.";
            }
        }
    }, 1500);
})();
"""
