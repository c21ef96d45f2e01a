"""Students in a browser, all at once: how long each waits, and what the class takes of the server.

    python deploy/jupyterhub/rehearse.py https://127.0.0.1 PASSWORDS --students 5

``PASSWORDS`` is what make-accounts printed. Run it on the server, as an administrator: it reads the
memory of every process of the class. Each student logs in, opens notebook 06, runs its cells as far
as the explorer, moves the explorer, and then runs the whole notebook.
"""

import argparse
import asyncio
import statistics
import time
from pathlib import Path

import nbformat
import psutil
from playwright.async_api import async_playwright

from tlcourse import browsers
from tlcourse.tools.slides.verb import find_notebook

PATIENCE = 1_200_000  # ms
NOTEBOOK = find_notebook("06")
READOUT = ".jupyter-widgets.widget-html"
KINDS = {
    "configurable-http-proxy": "proxy",
    "ipykernel_launcher": "kernel",
    "jupyterhub-singleuser": "server",
    "jupyterhub_idle_culler": "culler",
    "jupyterhub -f": "hub",
}
OF_STUDENTS = ("kernel", "server")


async def student(browser, url, name, password, start):
    """One student's way; seconds of each step."""
    seconds = {}
    context = await browser.new_context(
        ignore_https_errors=True, viewport={"width": 1300, "height": 900}
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    await start.wait()

    async def step(what, *actions):
        began = time.perf_counter()
        for action in actions:
            await action
        seconds[what] = time.perf_counter() - began

    await page.goto(f"{url}/hub/user-redirect/lab/tree/notebooks/{NOTEBOOK.name}")
    await page.fill("#username_input", name)
    await page.fill("#password_input", password)
    first = page.locator(".jp-Notebook .jp-Cell").first
    await step("log in, until the notebook stands", page.click("#login_submit"), first.wait_for())
    await idle(context, url, name)
    await menu(page, "Edit", "Clear Outputs of All Cells")
    await first.click()
    explorer = page.locator('svg.tlc-network [data-layer="fc6"]').first
    await step(
        "first cells, until the explorer stands",
        press(page, cells_to_explorer()),
        explorer.wait_for(),
    )
    await step("explorer computed its first answer", idle(context, url, name))
    readout = page.locator(READOUT).last
    before = await readout.inner_text()
    changed = page.wait_for_function(
        "([css, before]) => [...document.querySelectorAll(css)].at(-1).innerText !== before",
        arg=[READOUT, before],
        polling=20,
    )
    await step("explorer answers a click", explorer.click(), changed)
    await step("the whole notebook", menu(page, "Run", "Run All Cells"), idle(context, url, name))
    await context.close()
    return seconds


def cells_to_explorer():
    """How many cells there are as far as the one that shows the explorer."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    return 1 + next(i for i, cell in enumerate(cells) if "explorer = " in cell.source)


async def press(page, times):
    for _ in range(times):
        await page.keyboard.press("Shift+Enter")


async def menu(page, name, item):
    await page.get_by_role("menuitem", name=name, exact=True).click()
    await page.get_by_role("menuitem", name=item, exact=True).click()


async def idle(context, url, name):
    """Wait until the kernel has rested for a second."""
    rested = 0
    while rested < 4:
        answer = await context.request.get(f"{url}/user/{name}/api/kernels")
        states = [kernel["execution_state"] for kernel in await answer.json()]
        rested = rested + 1 if states == ["idle"] else 0
        await asyncio.sleep(0.25)


async def watch(use, names, done):
    """Keep the most memory, and the CPU seconds, of each process of the class."""
    while not done.is_set():
        total = 0
        for process in psutil.process_iter(["cmdline", "username"]):
            words = " ".join(process.info["cmdline"] or [])
            kind = next((kind for sign, kind in KINDS.items() if sign in words), None)
            if kind is None or kind in OF_STUDENTS and process.info["username"] not in names:
                continue
            try:
                memory, times = process.memory_full_info(), process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            who = process.info["username"] if kind in OF_STUDENTS else ""
            seen = use.setdefault((kind, who), {"rss": 0, "pss": 0, "cpu": {}})
            seen["rss"] = max(seen["rss"], memory.rss / 1e6)
            seen["pss"] = max(seen["pss"], memory.pss / 1e6)
            seen["cpu"][process.pid] = times.user + times.system
            total += memory.pss / 1e6
        use["total"] = max(use.get("total", 0), total)
        await asyncio.sleep(0.5)


async def rehearse(url, people):
    use, start, done = {}, asyncio.Event(), asyncio.Event()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=browsers.find_browser(), args=browsers.browser_options()
        )
        watching = asyncio.create_task(watch(use, dict(people), done))
        students = [student(browser, url, *each, start) for each in people]
        began = asyncio.gather(*students)
        start.set()
        seconds = await began
        done.set()
        await watching
        await browser.close()
    return seconds, use


def report(seconds, use):
    """Two tables in Markdown: what students waited for, and what processes took."""
    print(f"\n| seconds, {len(seconds)} at once | median | slowest |\n|---|---|---|")
    for step in seconds[0]:
        taken = [each[step] for each in seconds]
        print(f"| {step} | {statistics.median(taken):.1f} | {max(taken):.1f} |")
    total = use.pop("total")
    print(
        "\n| process | number | RSS at most, MB | PSS at most, MB | CPU, s |\n|---|---|---|---|---|"
    )
    for kind in dict.fromkeys(KINDS.values()):
        rows = [row for (each, _), row in use.items() if each == kind]
        if rows:
            rss, pss = (max(row[name] for row in rows) for name in ("rss", "pss"))
            cpu = max(sum(row["cpu"].values()) for row in rows)
            print(f"| {kind} | {len(rows)} | {rss:.0f} | {pss:.0f} | {cpu:.0f} |")
    print(f"\nAll of them at one moment, PSS at most: {total / 1000:.2f} GB.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("passwords", type=Path)
    parser.add_argument("--students", type=int)
    given = parser.parse_args()
    lines = given.passwords.read_text(encoding="utf-8").splitlines()
    people = [line.split() for line in lines][: given.students]
    report(*asyncio.run(rehearse(given.url, people)))


if __name__ == "__main__":
    main()
