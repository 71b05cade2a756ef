"""What moved on a page while it came, asked in the browser."""

FRAMES = "async () => { for (let frame = 0; frame < 5; frame++) await new Promise(requestAnimationFrame) }"

# Every cover that can be seen has come, or will not, and one of them at least has.
COVERS_ARE_THERE = """() => {
    const seen = [...document.querySelectorAll(".cover img")].filter((each) => {
        const { top, bottom } = each.getBoundingClientRect();
        return bottom > 0 && top < innerHeight;
    });
    return seen.every((each) => each.complete) && seen.some((each) => each.naturalWidth);
}"""

# How far things moved while the page came. Source: W3C, Layout Instability API.
SHIFTS = """async () => {
    const shifts = [];
    const observer = new PerformanceObserver((list) => shifts.push(...list.getEntries()));
    observer.observe({type: "layout-shift", buffered: true});
    for (let frame = 0; frame < 5; frame++) await new Promise(requestAnimationFrame);
    shifts.push(...observer.takeRecords());
    return shifts.reduce((sum, shift) => sum + shift.value, 0);
}"""
