const SIDE = 224; // pixels of a picture
const EVERY = 200, LATE = 5000; // ms between recorded pictures; until a kernel counts as silent
const ELSE = " Files and drawn pictures do as well.";
const REFUSED = {
  NotAllowedError: "The browser refused the camera: allow it beside the address, then Camera on.",
  NotFoundError: "No camera was found: plug one in, then Camera on.",
  NotReadableError: "Another program has the camera: close it, then Camera on.",
  TypeError: "This address is neither https nor localhost, so the browser gives no camera.",
};
const UNPLUGGED = "The camera was unplugged: plug it in, then Camera on. All pictures are kept.";
const SILENT = "The kernel does not answer: wait if a cell runs, else run this cell again.";
const HIDDEN = "Predicting pauses while this tab is in the background.";
const HELP = "Camera on. Hold a Record button, or the key of its number. Then Train.";
const BARS = "Bars: softmax of 3 x SVM score, no probabilities. Beside: the nearest recorded one.";

function render({ model, el }) {
  const pending = new Map(), rows = [], nearest = [], closed = new AbortController();
  let state = { classes: [], labels: [] }, stream = null, held = null, timer = null;
  const video = make("video", { autoplay: true, playsinline: true, "aria-label": "The camera" });
  const seen = make("img", { alt: "The picture that is classified", hidden: true });
  const taught = make("div", { class: "tlc-taught" });
  const status = make("p", { class: "tlc-status", role: "status", "aria-live": "polite" }, HELP);
  const told = make("div", { class: "tlc-told", role: "group", "aria-label": "Predictions" });
  const camera = button("Camera on", () => (stream ? turn(null, HELP) : switchOn()));
  const root = make("div", { class: "tlc tlc-camera" },
    make("div", { class: "tlc-view" }, video, seen), taught,
    make("div", { class: "tlc-row" }, camera, button("Train", () => ask("train")),
      button("Add a class", () => rename([...state.classes, `class ${rows.length + 1}`])),
      button("Remove the last", () => rename(state.classes.slice(0, -1))),
      button("Drawn pictures", () => ask("draw")), button("Try a file", () => choose("predict")),
      button("Keep as a folder", () => ask("keep")), button("Delete all", () => ask("delete"))),
    status, told, make("p", {}, BARS));
  const say = (words) => { status.textContent = words; };
  const rename = (classes) => ask("rename", [classes]);
  // Ask the kernel. Settled by the reply, or when that is late, so that nothing waits for ever.
  const ask = (doing, given = [], picture = null) => new Promise((done) => {
    const number = newGroup();
    pending.set(number, done);
    setTimeout(() => { if (pending.delete(number)) done(say(SILENT)); }, LATE);
    try { model.send({ asked: [number, doing, ...given] }, undefined, picture ? [picture] : []); }
    catch { /* there is no kernel: it is late */ }
  });

  // The middle of the video or of a file, as the network sees it.
  async function jpeg(source) {
    const image = await createImageBitmap(source), side = Math.min(image.width, image.height);
    const canvas = new OffscreenCanvas(SIDE, SIDE), x = (image.width - side) / 2;
    const y = (image.height - side) / 2;
    canvas.getContext("2d").drawImage(image, x, y, side, side, 0, 0, SIDE, SIDE);
    image.close();
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
    return new DataView(await blob.arrayBuffer());
  }

  function put(image, content) {
    image.onload = () => URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(new Blob([content], { type: "image/jpeg" }));
    return image;
  }

  async function switchOn() {
    say("The browser asks whether it may use the camera.");
    try {
      turn(await navigator.mediaDevices.getUserMedia({ video: true }), HELP);
      stream.getTracks()[0].addEventListener("ended", () => turn(null, UNPLUGGED + ELSE));
    } catch (problem) {
      say((REFUSED[problem.name] ?? `The camera cannot be used: ${problem.message}.`) + ELSE);
    }
    if (closed.signal.aborted) turn(null, "");
  }

  function turn(next, words) { // null: off
    hold(null);
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = video.srcObject = next;
    camera.textContent = stream ? "Camera off" : "Camera on";
    say(words);
  }

  function hold(label) { // null: no more
    clearInterval(timer);
    rows[held]?.record.setAttribute("aria-pressed", false);
    held = stream && label;
    if (label === null) return;
    if (!stream) return say("The camera is off: Camera on first." + ELSE);
    rows[label].record.setAttribute("aria-pressed", true);
    const take = async () => {
      if (pending.size < 3 && video.readyState > 1) ask("add", [label], await jpeg(video));
    };
    timer = setInterval(take, EVERY);
    take();
  }

  function choose(doing, given = []) {
    const input = make("input", { type: "file", accept: "image/*", multiple: doing === "add" });
    input.addEventListener("change", async () => {
      for (const file of input.files) {
        const picture = await jpeg(file).catch(() => null);
        if (picture) await ask(doing, given, picture);
        else say(`${file.name} gives no picture: choose a JPEG or a PNG.`);
      }
    });
    input.click();
  }

  function addRow(label, of = `class ${label + 1}`) {
    const title = make("input", { class: "tlc-select", "aria-label": `Name of ${of}` });
    const record = button("Record", () => {}, { "data-n": label, "aria-label": `Record ${of}` });
    const files = button("Files", () => choose("add", [label]), { "aria-label": `Files of ${of}` });
    const parts = { title, record, files, count: make("b"), strip: make("span") };
    const row = make("div", { class: "tlc-row" }, `${label + 1}`, ...Object.values(parts));
    title.addEventListener("change", () => rename(rows.map((row) => row.title.value)));
    record.addEventListener("pointerdown", (event) => { if (event.button === 0) hold(label); });
    record.addEventListener("pointerleave", () => hold(null));
    rows.push({ row, ...parts });
    taught.append(row);
    keepKeysInside(row);
  }

  function onReply(reply, jpegs) {
    const before = state.classes, { classes, labels } = state = reply;
    pending.get(reply.number)?.();
    pending.delete(reply.number);
    if (reply.words || status.textContent === SILENT) say(reply.words);
    video.hidden = !(seen.hidden = Boolean(stream) || !reply.drawn);
    if (reply.answers) return showAnswers(Object.entries(reply.answers), jpegs);
    if (!reply.trained) told.replaceChildren();
    while (rows.length < classes.length) addRow(rows.length);
    while (rows.length > classes.length) rows.pop().row.remove();
    rows.forEach(({ title, count, strip }, label) => {
      if (!title.value || classes[label] !== before[label]) title.value = classes[label];
      count.textContent = labels.filter((each) => each === label).length;
      const own = jpegs.filter((_, i) => labels[reply.rows[i]] === label);
      strip.replaceChildren(...own.map((each) => put(make("img", { alt: "" }), each)));
    });
  }

  function showAnswers(answers, jpegs) {
    if (!stream) put(seen, jpegs.at(-1));
    told.replaceChildren(...answers.map(([source, { name, shares }], i) => {
      const bars = Object.entries(shares).map(([each, share]) => make("div",
        { class: "tlc-bar", style: `--share:${share}` },
        each === name ? make("b", {}, `✓ ${each}`) : each, ` ${Math.round(100 * share)}%`));
      nearest[i] = put(nearest[i] ?? make("img", { alt: "" }), jpegs[i]);
      return make("div", {}, nearest[i], make("b", {}, source), ...bars);
    }));
  }

  // One prediction after the other: the next picture goes when the reply to the last has come.
  async function predict() {
    while (!closed.signal.aborted) {
      const next = new Promise((done) => { setTimeout(done, stream ? EVERY / 2 : 1000); });
      const isThere = stream ? video.readyState > 1 : state.drawn;
      const { top, bottom } = root.getBoundingClientRect(); // not on a slide or screen away
      const isInView = bottom > 0 && top < window.innerHeight && !document.hidden;
      const isReady = isThere && state.trained && held === null && isInView;
      if (isReady) await ask("predict", [], stream && await jpeg(video));
      await next;
    }
  }

  function onKey(event) {
    const label = [" ", "Enter"].includes(event.key) ? event.target.dataset.n : event.key - 1;
    if (!rows[label] || event.target.matches("input") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (!event.repeat) hold(Number(label));
  }

  for (const end of ["pointerup", "pointercancel", "keyup", "blur"]) {
    window.addEventListener(end, () => hold(null), closed);
  }
  document.addEventListener("visibilitychange", () => say(document.hidden ? HIDDEN : HELP), closed);
  root.addEventListener("keydown", onKey, true);
  keepKeysInside(root);
  el.append(root);
  model.on("msg:custom", onReply);
  ask("tell").then(predict);
  return () => { closed.abort(); turn(null, ""); model.off("msg:custom", onReply); };
}

export default { render };
