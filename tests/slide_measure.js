// What is wrong with a slide that is on screen, in sentences. Sizes are those of a slide of
// 1280 x 720 px, however it is magnified: 16 px are 24 px on a projector with 1080 lines.
(slide, { smallestText, smallestFigure, smallestCode, isOnStage }) => {
  const area = slide.getBoundingClientRect();
  const scale = area.height / 720;
  const found = new Set();
  const isCode = (node) => node.closest(".jp-CodeCell .jp-Cell-inputWrapper");
  const isFolded = (node) => node.closest("details:not([open]) > :not(summary)");
  const isScrolled = (node) => node.parentElement.closest("[style*='overflow-x:auto']:has(> table > caption)");
  const name = (node) => `${node.tagName.toLowerCase()}.${[...node.classList].slice(-1)}`;

  const WIDGETS = ".stored-widget, .jp-OutputArea-output.lm-Panel";

  let lowest = null, widest = null;
  for (const node of slide.querySelectorAll("*")) {
    if (isCode(node) || isFolded(node) || isScrolled(node)) continue;
    const box = node.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    if (box.bottom > (lowest?.bottom ?? area.bottom)) lowest = { node, bottom: box.bottom };
    if (box.right > (widest?.right ?? area.right)) widest = { node, right: box.right };
    if (node.tagName === "IMG" && !node.naturalWidth) found.add(`a picture is broken: ${node.alt}`);
  }
  const over = (end, edge) => Math.round((end - edge) / scale);
  if (lowest) found.add(`${name(lowest.node)} is ${over(lowest.bottom, area.bottom)} px too low`);
  if (widest) found.add(`${name(widest.node)} is ${over(widest.right, area.right)} px too wide`);

  const texts = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim(), node = texts.currentNode.parentElement;
    if (!text || node.closest("sub, sup, svg, style, script") || !node.getClientRects().length) continue;
    const zoom = (node.currentCSSZoom ?? 1) / (slide.currentCSSZoom ?? 1);
    const size = parseFloat(getComputedStyle(node).fontSize) * zoom;
    if (size < (isCode(node) ? smallestCode : smallestText)) found.add(`${size.toFixed(1)} px is too small: ${text.slice(0, 40)}`);
  }

  for (const picture of slide.querySelectorAll(".jp-OutputArea-output > img:only-child")) {
    const wanted = parseFloat(picture.style.width) || picture.naturalWidth;
    const shrunk = Math.min(
      picture.clientWidth / wanted,
      (picture.clientHeight * picture.naturalWidth) / (picture.naturalHeight * wanted),
    );
    if (shrunk >= smallestFigure) continue;
    const percent = Math.round(100 * shrunk);
    found.add(`a figure is shrunk to ${percent}%: begin a subslide with it. ${picture.alt.slice(0, 40)}`);
  }

  for (const code of isOnStage ? slide.querySelectorAll(".jp-CodeCell > .jp-Cell-inputWrapper") : []) {
    const cut = code.scrollHeight - code.clientHeight;
    if (cut > 2) found.add(`code is cut by ${cut} px: ${code.innerText.trim().slice(0, 40)}`);
  }

  for (const output of slide.querySelectorAll(".jp-OutputArea-output")) {
    const text = output.textContent;
    if (/Error displaying widget|Loading widget/.test(text)) found.add(`no widget: ${text.trim()}`);
  }
  for (const widget of slide.querySelectorAll(WIDGETS)) {
    const box = widget.getBoundingClientRect();
    if (box.width < 50 || box.height < 16) found.add("a widget is not drawn");
  }
  return [...found];
}
