const MOST_BYTES = 9e6; // a notebook server drops messages of over 10 MiB without a word
const SHRINK_ABOVE = 1e6;
const SHORTER_SIDE = 512;

// A photograph of a telephone is far larger than what a network sees of it.
async function shrunk(file) {
  if (file.size <= SHRINK_ABOVE) return file;
  try {
    const image = await createImageBitmap(file);
    const scale = Math.min(1, SHORTER_SIDE / Math.min(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(scale * image.width));
    canvas.height = Math.max(1, Math.round(scale * image.height));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    return (await new Promise((done) => canvas.toBlob(done, "image/png"))) ?? file;
  } catch {
    return file; // no picture to the browser: the kernel says what is wrong with it
  }
}

function render({ model, el }) {
  const id = newGroup();
  const title = make("label", { class: "tlc-title", for: id }, model.get("label"));
  const input = make("input", { id, type: "file", accept: "image/*" });
  input.style.cssText = "font:inherit;min-height:40px;max-width:100%";
  const status = make("div", { class: "tlc-status", role: "status" });
  const image = make("img", { hidden: true, height: model.get("height"), alt: "" });
  const row = make("div", { class: "tlc-row" }, input);
  const root = make("div", { class: "tlc" }, title, row, status, image);
  keepKeysInside(root);

  async function read() {
    const [file] = input.files;
    if (!file) return;
    status.textContent = `Reading ${file.name} ...`;
    const small = await shrunk(file);
    if (small.size > MOST_BYTES) {
      status.textContent =
        `${file.name} has ${Math.round(small.size / 1e6)} MB and could not be made smaller: ` +
        `choose a picture of at most ${MOST_BYTES / 1e6} MB.`;
      return;
    }
    const content = new DataView(await small.arrayBuffer());
    model.send({ name: file.name }, undefined, [content]);
  }
  function show() {
    status.textContent = model.get("status");
  }

  function picture({ alt }, [content]) {
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(new Blob([content], { type: "image/png" }));
    image.alt = alt;
    image.hidden = false;
  }

  show();
  input.addEventListener("change", read);
  el.append(root);
  model.on("change:status", show);
  model.on("msg:custom", picture);
  if (model.get("height")) model.send({ look: true });
  return () => {
    model.off("change:status", show);
    model.off("msg:custom", picture);
  };
}

export default { render };
