# SPDX-FileCopyrightText: The glimt authors
# SPDX-License-Identifier: Apache-2.0
"""One decode against the references: equal, within tolerance or different, and why."""

import dataclasses

import numpy as np

from .references import Reference, upright

EXACT_FORMATS = ("png", "bmp", "pnm")  # an exact reference, where one decodes, has the last word
FORM_FREE_FORMATS = (
    "bmp",
    "webp",
    "jpeg2k",
)  # opaque alpha and repeated gray may be told or left out


@dataclasses.dataclass
class Verdict:
    outcome: str  # "equal", "within" or "different"
    detail: str = ""


def without_needless_channels(samples: np.ndarray) -> np.ndarray:
    if samples.shape[2] in (2, 4):
        full = 255 if samples.dtype == np.uint8 else 65535
        if (samples[:, :, -1] == full).all():
            samples = samples[:, :, :-1]
    if samples.shape[2] == 3 and (samples == samples[:, :, :1]).all():
        samples = samples[:, :, :1]
    return samples


def largest_difference(got: np.ndarray, wanted: np.ndarray, form_free: bool) -> int | str:
    """The largest difference in levels, or in words why there is none."""
    if got.shape[:2] != wanted.shape[:2]:
        return f"size {got.shape[1]}x{got.shape[0]}, wanted {wanted.shape[1]}x{wanted.shape[0]}"
    if got.shape != wanted.shape and form_free:
        got, wanted = without_needless_channels(got), without_needless_channels(wanted)
    if got.shape != wanted.shape:
        return f"{got.shape[2]} channels, wanted {wanted.shape[2]}"
    if np.array_equal(got, wanted, equal_nan=wanted.dtype.kind in "fc"):
        return 0
    if wanted.dtype.kind == "f":
        return "float samples differ"
    return int(np.abs(got.astype(np.int64) - wanted.astype(np.int64)).max(initial=0))


def judged(got: np.ndarray, wanted: list[tuple[str, np.ndarray, int]], format_name: str) -> Verdict:
    if format_name in EXACT_FORMATS and any(tolerance == 0 for _, _, tolerance in wanted):
        wanted = [entry for entry in wanted if entry[2] == 0]
    best = Verdict("different", "no reference of this form")
    nearest = None
    for name, samples, tolerance in wanted:
        difference = largest_difference(got, samples, format_name in FORM_FREE_FORMATS)
        if difference == 0:
            return Verdict("equal")
        if isinstance(difference, int) and difference <= tolerance:
            best = Verdict("within", f"{difference} level from {name}")
        elif best.outcome == "different" and (nearest is None or isinstance(difference, int)):
            if not isinstance(nearest, int) or difference < nearest:
                nearest = difference
                words = (
                    f"largest difference {difference}"
                    if isinstance(difference, int)
                    else difference
                )
                best = Verdict("different", f"{words} ({name})")
    return best


def judge(
    raw: np.ndarray,
    rgb: np.ndarray,
    references: dict[str, Reference],
    format_name: str,
    orientation: int,
) -> Verdict:
    """`raw`: UNCHANGED, any depth, stored orientation. `rgb`: the default request."""
    raw_wanted = [
        (name, samples, r.tolerance) for name, r in references.items() for samples in r.raw
    ]
    rgb_wanted = [
        (name, upright(r.rgb, orientation), r.tolerance)
        for name, r in references.items()
        if r.rgb is not None
    ]
    verdicts = []
    if raw_wanted:
        verdict = judged(
            raw,
            [(n, s if s.ndim == 3 else s[:, :, None], t) for n, s, t in raw_wanted],
            format_name,
        )
        verdicts.append(Verdict(verdict.outcome, verdict.detail and f"unchanged: {verdict.detail}"))
    if rgb_wanted:
        verdict = judged(rgb, rgb_wanted, format_name)
        verdicts.append(Verdict(verdict.outcome, verdict.detail and f"RGB: {verdict.detail}"))
    for outcome in ("different", "within"):
        details = "; ".join(v.detail for v in verdicts if v.outcome == outcome)
        if details:
            return Verdict(outcome, details)
    return Verdict("equal")


def disputed(references: dict[str, Reference], refusals: dict[str, str]) -> bool:
    """True if the references disagree: one refuses what another decodes, or their pixels differ."""
    if references and refusals:
        return True
    pictures = [r.rgb for r in references.values() if r.rgb is not None]
    return any(
        a.shape != b.shape or np.abs(a.astype(np.int16) - b.astype(np.int16)).max(initial=0) > 1
        for a, b in zip(pictures, pictures[1:])
    )


def gravity(result: dict) -> int:
    """Of the images of one file the gravest counts for it."""
    outcome, disputed_by = result["outcome"], result["disputed"]
    if outcome == "raised":
        return 9
    if outcome == "different" or (outcome == "refused" and result["references"]):
        return (5 if disputed_by else 7) + (outcome == "different")
    return ("refused", "alone", "equal", "within").index(outcome)
