// What a room sees of a slide in the form of a claim: code, figure, options, card.
(slide) => {
  const top = slide.getBoundingClientRect().top, scale = slide.getBoundingClientRect().height / 720;
  const isSeen = (node) => node.checkVisibility({ visibilityProperty: true });
  const find = (selector) => [...slide.querySelectorAll(selector)].filter(isSeen);
  const isOnTop = (node) => {
    const { x, y, width, height } = node.getBoundingClientRect();
    return node === document.elementFromPoint(x + width / 2, y + height / 2);
  };
  const figure = find(".jp-OutputArea-output > img").find(isOnTop);
  const options = find(".celltag_predict :is(.tlc-option, li)");
  return {
    code: find(".jp-CodeCell > .jp-Cell-inputWrapper").length,
    figure: figure ? Math.min(figure.clientWidth, 2 * figure.clientHeight) : 0,
    options: options.map((node) => parseFloat(getComputedStyle(node).fontSize)),
    end: options.length && (options.at(-1).getBoundingClientRect().bottom - top) / scale,
    card: find(".tlc-card").length,
  };
}
