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
const OFF = "The camera is off: Camera on first.";
const SILENT = "The kernel does not answer: wait if a cell runs, else run this cell again.";
const HIDDEN = "Predicting pauses while this tab is in the background.";
const HELP = "Camera on. Hold a Record button, or the key of its number. Then Train.";
const BARS =
  "Bars: softmax of 3 x the SVM's scores, no probabilities. Picture: the nearest recorded one.";

function render({ model, el }) {
  const canvas = make("canvas", { width: SIDE, height: SIDE });
  const pending = new Map(), rows = [], nearest = [];
  let state = { classes: [], labels: [] };
  let stream = null, held = null, timer = null, paused = false, isOpen = true;

  const video = make("video", { autoplay: true, playsinline: true, "aria-label": "The camera" });
  video.muted = true;
  const seen = make("img", { alt: "The picture that is classified", hidden: true });
  const taught = make("div", { class: "tlc-taught" });
  const camera = button("Camera on", switchCamera);
  const pause = button("Pause", () => pause.setAttribute("aria-pressed", (paused = !paused)));
  const status = make("p", { class: "tlc-status", role: "status", "aria-live": "polite" }, HELP);
  const told = make("div", { class: "tlc-told", role: "group", "aria-label": "Predictions" });
  const root = make("div", { class: "tlc tlc-camera" },
    make("div", { class: "tlc-view" }, video, seen), taught,
    make("div", { class: "tlc-row" }, camera, button("Train", () => ask("train")), pause,
      button("Add a class", () => rename([...state.classes, `class ${rows.length + 1}`])),
      button("Remove the last", () => rename(state.classes.slice(0, -1))),
      button("Drawn pictures", () => ask("draw")), button("Try a file", () => choose("predict")),
      button("Keep as a folder", () => ask("keep")),
      button("Delete all pictures", () => ask("delete"))),
    status, told, make("p", {}, BARS));

  const say = (words) => { status.textContent = words; };
  const rest = (ms) => new Promise((done) => setTimeout(done, ms));
  const rename = (classes) => ask("rename", [classes]);
  const frame = () => jpeg(video, video.videoWidth, video.videoHeight);

  // Ask the kernel. Settled by the reply, or when that is late, so that nothing waits for ever.
  function ask(doing, given = [], picture = null) {
    const number = newGroup();
    return new Promise((done) => {
      const settle = (words) => {
        clearTimeout(late);
        pending.delete(number);
        if (words) say(words);
        done();
      };
      const late = setTimeout(settle, LATE, SILENT);
      pending.set(number, settle);
      model.send({ do: doing, given, number }, undefined, picture ? [picture] : []);
    });
  }

  // The middle of a video or a picture, as the network sees it.
  function jpeg(source, width, height) {
    const side = Math.min(width, height), place = [(width - side) / 2, (height - side) / 2];
    canvas.getContext("2d").drawImage(source, ...place, side, side, 0, 0, SIDE, SIDE);
    return new Promise((done) => {
      canvas.toBlob(async (blob) => done(new DataView(await blob.arrayBuffer())), "image/jpeg", 0.92);
    });
  }

  function put(image, content) {
    image.onload = () => URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(new Blob([content], { type: "image/jpeg" }));
    return image;
  }

  async function switchCamera() {
    if (stream) return stop(HELP);
    if (!navigator.mediaDevices) return say(INSECURE + ELSE);
    say("The browser asks whether it may use the camera.");
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
      stream.getVideoTracks()[0].addEventListener("ended", () => stop(UNPLUGGED + ELSE));
      video.srcObject = stream;
      camera.textContent = "Camera off";
      say(HELP);
    } catch (problem) {
      say((REFUSED[problem.name] ?? `The camera cannot be used: ${problem.message}.`) + ELSE);
    }
    if (!isOpen) stop("");
  }

  function stop(words) {
    release();
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = video.srcObject = null;
    camera.textContent = "Camera on";
    say(words);
  }

  function hold(label) {
    if (!stream) return say(OFF + ELSE);
    release();
    held = label;
    rows[label].record.setAttribute("aria-pressed", true);
    take();
    timer = setInterval(take, EVERY);
  }

  async function take() {
    const label = held;
    if (pending.size < 3 && video.videoWidth) ask("add", [label], await frame());
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
        try {
          const image = await createImageBitmap(file);
          await ask(doing, given, await jpeg(image, image.width, image.height));
        } catch {
          say(`${file.name} gives no picture: choose a JPEG or a PNG.`);
        }
      }
    });
    input.click();
  }

  function addRow(label) {
    const of = `class ${label + 1}`;
    const title = make("input", { class: "tlc-select", maxlength: 40, "aria-label": `Name of ${of}` });
    const record = button("Record", () => {}, { "data-class": label, "aria-label": `Record ${of}` });
    const files = button("Files", () => choose("add", [label]), { "aria-label": `Files of ${of}` });
    const count = make("b"), strip = make("span");
    title.addEventListener("change", () => rename(rows.map((row) => row.title.value)));
    record.addEventListener("pointerdown", (event) => { if (event.button === 0) hold(label); });
    record.addEventListener("pointerleave", release);
    const row = make("div", { class: "tlc-row" }, `${label + 1}`, title, record, files, count, strip);
    rows.push({ row, title, record, count, strip });
    taught.append(row);
    keepKeysInside(row);
  }

  function onReply(reply, jpegs) {
    state = reply;
    if (reply.words || status.textContent === SILENT) say(reply.words);
    pending.get(reply.number)?.();
    video.hidden = !(seen.hidden = Boolean(stream) || !reply.drawn);
    if (reply.answers) return showAnswers(Object.entries(reply.answers), jpegs);
    if (!reply.trained) told.replaceChildren();
    while (rows.length < reply.classes.length) addRow(rows.length);
    while (rows.length > reply.classes.length) rows.pop().row.remove();
    rows.forEach(({ title, count, strip }, label) => {
      if (title !== document.activeElement) title.value = reply.classes[label];
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
        make(each === name ? "b" : "span", {}, `${each === name ? "✓ " : ""}${each}`),
        ` ${Math.round(100 * share)}%`));
      nearest[i] = put(nearest[i] ?? make("img", { alt: "" }), jpegs[i]);
      return make("div", {}, nearest[i], make("b", {}, source), ...bars);
    }));
  }

  // One prediction after the other: the next picture goes when the reply to the last has come.
  async function predict() {
    while (isOpen) {
      const started = performance.now(), isThere = stream ? video.videoWidth : state.drawn;
      if (isThere && state.trained && !paused && held === null && !document.hidden) {
        await ask("predict", [], stream && await frame());
      }
      await rest(Math.max(10, (stream ? EVERY / 2 : 1000) - performance.now() + started));
    }
  }

  function onKey(event) {
    const isOwn = event.key === " " || event.key === "Enter";
    const label = isOwn ? event.target.dataset.class : event.key - 1;
    if (!rows[label] || event.target.matches("input") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (!event.repeat) hold(Number(label));
  }

  const onHidden = () => say(document.hidden ? HIDDEN : HELP);
  const ends = ["pointerup", "pointercancel", "keyup", "blur"];
  ends.forEach((end) => window.addEventListener(end, release));
  document.addEventListener("visibilitychange", onHidden);
  root.addEventListener("keydown", onKey, true);
  keepKeysInside(root);
  el.append(root);
  model.on("msg:custom", onReply);
  ask("tell");
  predict();
  return () => {
    isOpen = false;
    stop("");
    model.off("msg:custom", onReply);
    ends.forEach((end) => window.removeEventListener(end, release));
    document.removeEventListener("visibilitychange", onHidden);
  };
}

export default { render };
