const SIDE = 224; // pixels of a picture
const EVERY = 200; // ms from one recorded picture to the next
const LATE = 5000; // ms until a kernel counts as silent
const ELSE = " Files and drawn pictures do as well.";
const REFUSED = {
  NotAllowedError: "The browser refused the camera: allow it beside the address, then Camera on.",
  NotFoundError: "No camera was found: plug one in, then Camera on.",
  NotReadableError: "Another program has the camera: close it, then Camera on.",
};
const INSECURE = "This address is neither https nor localhost, so the browser gives no camera.";
const UNPLUGGED = "The camera was unplugged: plug it in, then Camera on. All pictures are kept.";
const SILENT = "The kernel does not answer: wait if a cell runs, else run this cell again.";
const HIDDEN = "Predicting pauses while this tab is in the background.";
const HELP = "Camera on. Hold a Record button, or the key of its number. Then Train.";
const BARS = "Bars: softmax of 3 x SVM score, no probabilities. Beside: the nearest recorded one.";

function render({ model, el }) {
  const pending = new Map(), rows = [], nearest = [], closed = new AbortController();
  const canvas = make("canvas", { width: SIDE, height: SIDE });
  let state = { classes: [], labels: [] }, stream = null, held = null, timer = null, naming = 0;

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
  const frame = () => jpeg(video, video.videoWidth, video.videoHeight);

  // Ask the kernel. Settled by the reply, or when that is late, so that nothing waits for ever.
  const ask = (doing, given = [], picture = null) => new Promise((done) => {
    const number = newGroup();
    pending.set(number, done);
    setTimeout(() => { if (pending.delete(number)) done(say(SILENT)); }, LATE);
    try {
      model.send({ do: doing, given, number }, undefined, picture ? [picture] : []);
    } catch { /* there is no kernel: it is late */ }
  });

  // While a name is on its way, what was typed since stays.
  async function rename(classes) {
    naming += 1;
    await ask("rename", [classes]);
    naming -= 1;
  }

  // The middle of a video or a picture, as the network sees it.
  async function jpeg(source, width, height) {
    const side = Math.min(width, height), place = [(width - side) / 2, (height - side) / 2];
    canvas.getContext("2d").drawImage(source, ...place, side, side, 0, 0, SIDE, SIDE);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
    return new DataView(await blob.arrayBuffer());
  }

  function put(image, content) {
    image.onload = () => URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(new Blob([content], { type: "image/jpeg" }));
    return image;
  }

  async function switchOn() {
    if (!navigator.mediaDevices) return say(INSECURE + ELSE);
    say("The browser asks whether it may use the camera.");
    try {
      const found = await navigator.mediaDevices.getUserMedia({ video: true });
      found.getTracks()[0].addEventListener("ended", () => turn(null, UNPLUGGED + ELSE));
      turn(found, HELP);
    } catch (problem) {
      say((REFUSED[problem.name] ?? `The camera cannot be used: ${problem.message}.`) + ELSE);
    }
    if (closed.signal.aborted) turn(null, "");
  }

  // The camera on (a stream) or off (null).
  function turn(next, words) {
    release();
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = video.srcObject = next;
    camera.textContent = stream ? "Camera off" : "Camera on";
    say(words);
  }

  function hold(label) {
    release();
    if (!stream) return say("The camera is off: Camera on first." + ELSE);
    held = label;
    rows[label].record.setAttribute("aria-pressed", true);
    timer = setInterval(take, EVERY);
    take();
  }

  async function take() {
    const given = [held];
    if (pending.size < 3 && video.videoWidth) ask("add", given, await frame());
  }

  function release() {
    clearInterval(timer);
    rows[held]?.record.setAttribute("aria-pressed", false);
    held = null;
  }

  function choose(doing, given = []) {
    const input = make("input", { type: "file", accept: "image/*", multiple: doing === "add" });
    input.addEventListener("change", async () => {
      for (const file of input.files) {
        const image = await createImageBitmap(file).catch(() => null);
        if (image) await ask(doing, given, await jpeg(image, image.width, image.height));
        else say(`${file.name} gives no picture: choose a JPEG or a PNG.`);
      }
    });
    input.click();
  }

  function addRow(label, of) {
    const title = make("input", { class: "tlc-select", "aria-label": `Name of ${of}` });
    const named = { "data-class": label, "aria-label": `Record ${of}` };
    const record = button("Record", () => {}, named), count = make("b"), strip = make("span");
    const files = button("Files", () => choose("add", [label]), { "aria-label": `Files of ${of}` });
    title.addEventListener("change", () => rename(rows.map((row) => row.title.value)));
    record.addEventListener("pointerdown", (event) => { if (event.button === 0) hold(label); });
    record.addEventListener("pointerleave", release);
    const parts = { title, record, files, count, strip };
    const row = make("div", { class: "tlc-row" }, `${label + 1}`, ...Object.values(parts));
    rows.push({ row, ...parts });
    taught.append(row);
    keepKeysInside(row);
  }

  function onReply(reply, jpegs) {
    state = reply;
    pending.get(reply.number)?.();
    pending.delete(reply.number);
    if (reply.words || status.textContent === SILENT) say(reply.words);
    video.hidden = !(seen.hidden = Boolean(stream) || !reply.drawn);
    if (reply.answers) return showAnswers(Object.entries(reply.answers), jpegs);
    if (!reply.trained) told.replaceChildren();
    while (rows.length < reply.classes.length) addRow(rows.length, `class ${rows.length + 1}`);
    while (rows.length > reply.classes.length) rows.pop().row.remove();
    rows.forEach(({ title, count, strip }, label) => {
      const isTyped = naming || title === document.activeElement;
      if (!isTyped || !title.value) title.value = reply.classes[label];
      count.textContent = reply.labels.filter((each) => each === label).length;
      const own = jpegs.filter((_, i) => reply.labels[reply.rows[i]] === label);
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
      const started = performance.now(), isThere = stream ? video.videoWidth : state.drawn;
      if (isThere && state.trained && held === null && !document.hidden) {
        await ask("predict", [], stream && await frame());
      }
      await new Promise((done) => {
        setTimeout(done, Math.max(10, (stream ? EVERY / 2 : 1000) - performance.now() + started));
      });
    }
  }

  function onKey(event) {
    const isPress = event.key === " " || event.key === "Enter";
    const label = isPress ? event.target.dataset.class : event.key - 1;
    if (!rows[label] || event.target.matches("input") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (!event.repeat) hold(Number(label));
  }

  for (const end of ["pointerup", "pointercancel", "keyup", "blur"]) {
    window.addEventListener(end, release, closed);
  }
  const onHidden = () => say(document.hidden ? HIDDEN : HELP);
  document.addEventListener("visibilitychange", onHidden, closed);
  root.addEventListener("keydown", onKey, true);
  keepKeysInside(root);
  el.append(root);
  model.on("msg:custom", onReply);
  ask("tell");
  predict();
  return () => {
    closed.abort();
    turn(null, "");
    model.off("msg:custom", onReply);
  };
}

export default { render };
