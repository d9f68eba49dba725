"""The Deblur tab while a sequence is made, in a browser."""

import re


def test_frames_are_shown_as_they_come_and_the_result_before_stays(served, page, shot, corner):
    address, _ = served("app", corner)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{address}&recording={corner / 'spikes.npz'}&tab=deblur")
    for name in ("the blurry picture", "the spikes"):
        page.wait_for_function(
            "alt => document.querySelector(`img[alt='${alt}']`)?.naturalWidth > 0", arg=name
        )
    page.get_by_text("TFP of frame 68").wait_for()
    page.get_by_text("The exposure will be estimated").wait_for()
    page.get_by_label("Exposed from frame").fill("20")
    page.get_by_text("Exposure 20:137 of 137 frames").wait_for()
    page.get_by_text("TFP of frame 78").wait_for()
    shot("3-before")
    page.get_by_label("Exposed from frame").fill("")
    page.get_by_label("Sharp frames").fill("120")
    deblur = page.get_by_role("button", name="Deblur")
    deblur.click()
    page.get_by_text(re.compile(r"^[1-9]\d* of 120 frames, about")).wait_for()
    page.locator(".compare img.after").wait_for()
    assert deblur.is_disabled()
    shot("3-while-running")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("cancelling ...").wait_for()
    page.get_by_text(re.compile("^stopped after")).wait_for()
    # An error ends the run, and leaves what was there.
    page.get_by_label("to before frame").fill("500")
    deblur.click()
    page.get_by_text(re.compile("exposure .*500")).wait_for()
    page.locator("button:enabled", has_text="Deblur").wait_for()
    assert not page.get_by_text("reading picture and spikes").is_visible()
    assert page.locator(".compare img.after").is_visible()
    assert not page.get_by_label("On the left").is_visible()
    # The result before is compared with the next one.
    page.get_by_label("to before frame").fill("")
    page.get_by_label("Sharp frames").fill("1")
    deblur.click()
    page.get_by_text("sharp: 1 frame").wait_for()
    page.get_by_label("On the left").click()
    page.get_by_role("option", name="the result before").click()
    page.get_by_text(
        re.compile(r"^The result before \(.* on the left, sharp on the right$")
    ).wait_for()
    page.wait_for_function(
        """() => {
            const left = document.querySelector(".compare img");
            return left.src.includes("previous=1") && left.complete && left.naturalWidth > 0;
        }"""
    )
    shot("3-two-results")
    assert page.errors == []
