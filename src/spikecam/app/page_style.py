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
.notice { white-space: pre-line; max-width: min(90vw, 40rem); }
.app-name { font-size: 1.25rem; font-weight: bold; line-height: 2rem; margin: 0; }
.file:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
.body--dark .text-primary, .body--dark .q-btn--outline.text-primary { color: #9cc6ee !important; }
"""

# A button that was clicked gives up the focus, or Space would press it again; who moves by the
# keyboard keeps it. Keys of the tabs do not scroll the page besides.
SCRIPT = """
document.addEventListener("click", (event) => {
    if (event.detail) document.activeElement?.closest("button, .q-toggle, .q-tab")?.blur();
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
