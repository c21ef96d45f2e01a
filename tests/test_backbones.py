"""Backbones: the lecture's names on real networks, and weights that cannot be had."""

import pickle
import threading

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision import models

from tlcourse import cli, paths, random_numbers
from tlcourse.finetuning.loop import seeded
from tlcourse.networks import backbones, weights
from tlcourse.networks.backbones import lecture_names, load_backbone
from tlcourse.networks.layers import build_anew
from tlcourse.networks.sources import SOURCES
from tlcourse.networks.weights import WeightsError


@pytest.fixture(scope="module")
def vgg16():
    return load_backbone("vgg16", "random")


def test_vgg16_has_the_lectures_layers_and_12416_features(vgg16):
    convolutions = [
        f"conv{b}_{n}" for b, depth in enumerate((2, 2, 3, 3, 3), 1) for n in range(1, depth + 1)
    ]
    assert list(vgg16.layers) == [*convolutions, "fc6", "fc7", "fc8"]
    sizes = vgg16.layer_sizes
    assert sum(sizes[layer] for layer in convolutions) == 4224
    assert sizes["fc6"] + sizes["fc7"] == 8192
    assert sizes["fc8"] == 1000


def test_renamed_vgg_and_alexnet_give_the_original_scores():
    images = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    for build in (models.vgg11_bn, models.alexnet):
        original = build(weights=None).eval()
        with torch.inference_mode():
            assert torch.equal(lecture_names(original).eval()(images), original(images))


def test_alexnet_has_one_layer_a_block():
    layers = load_backbone("alexnet", "random").layers
    assert list(layers) == [*(f"conv{block}_1" for block in range(1, 6)), "fc6", "fc7", "fc8"]


@pytest.mark.parametrize("name", ["vgg16", "vgg13_bn", "alexnet", "natural"])
def test_every_layer_but_the_scores_is_read_from_its_relu(name):
    backbone = load_backbone(name, "random")
    modules = dict(backbone.network.named_modules())
    for layer, module in backbone.layers.items():
        assert isinstance(modules[module], nn.ReLU) == (layer != "fc8")


def test_other_classifiers_keep_their_module_names():
    backbone = load_backbone("resnet18", "random")
    assert backbone.layer_sizes["layer4"] == 512
    assert backbone.layer_sizes["layer2.0.conv1"] == 128
    assert "layer4" in backbone.default_layers
    assert backbone.activation == "as the module gives it"


FAMILIES = ["alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "efficientnet_v2_s"]
FAMILIES += ["googlenet", "inception_v3", "maxvit_t", "mnasnet0_5", "mobilenet_v2"]
FAMILIES += ["mobilenet_v3_small", "regnet_y_400mf", "resnet18", "resnext50_32x4d"]
FAMILIES += ["shufflenet_v2_x0_5", "squeezenet1_1", "swin_t", "swin_v2_t", "vgg11_bn", "vit_b_32"]


def channels_of(module):
    """As the module itself says, 0 where it has none."""
    names = ("out_channels", "out_features", "num_features")
    own = next((getattr(module, name) for name in names if hasattr(module, name)), 0)
    return module.normalized_shape[-1] if isinstance(module, nn.LayerNorm) else own


def expected_size(name, module, shape):
    """Of maps (n, c, h, w) or (n, h, w, c) with h = w; the rest has its channels last."""
    of_windows = "partition" in name and not name.endswith("departition_op")  # of MaxViT
    second = len(shape) == 4 and shape[2] == shape[3] and not of_windows
    return channels_of(module) or shape[1 if second else -1]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_layer_of_every_family_has_its_modules_channels(name):
    with torch.device("meta"):
        backbone = load_backbone(name, "random")
        images = torch.zeros(2, 3, backbone.side, backbone.side)
    shapes = {}
    for module, each in backbone.network.named_modules():
        keep = lambda _, __, output, name=module: shapes.update({name: output})  # noqa: E731
        each.register_forward_hook(keep)
    backbone.network(images)
    for layer, size in backbone.layer_sizes.items():
        output = shapes[backbone.layers[layer]]
        module = backbone.network.get_submodule(layer)
        assert size == expected_size(layer, module, output.shape), layer
    if backbone.activation != "after ReLU":
        of_images = [
            k for k, output in shapes.items() if torch.is_tensor(output) and len(output) == 2
        ]
        assert set(backbone.layers) == set(of_images) - {""}
    assert backbone.check_layers(backbone.default_layers)


def test_timms_networks_of_every_layout_have_their_modules_channels():
    timm = pytest.importorskip("timm")
    for name, side in (
        ("test_convnext3", 160),
        ("swin_tiny_patch4_window7_224", 224),
        ("test_vit", 160),
        ("mixer_s32_224", 224),
    ):
        with torch.device("meta"):
            network = timm.create_model(name)
        outputs = backbones.module_outputs(network, side)
        for module, output in outputs.items():
            each = network.get_submodule(module)
            own = 0 if any(each.children()) else channels_of(each)
            assert own in (0, output.shape[output.axis]), (name, module)
        assert outputs[""].shape == (network.num_classes,)


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_torchvisions_weights_take_images_as_torchvision_gives_them(name, monkeypatch, tmp_path):
    state = models.get_model(name, weights=None, init_weights=False).state_dict()
    monkeypatch.setattr(weights, "read_torchvision", lambda *arguments: state)
    ours = load_backbone(name)
    assert ours.network.transform_input
    assert not load_backbone(name, "random").network.transform_input
    assert build_anew(ours, 5).transform_input


def test_random_weights_repeat_by_seed():
    one, same, other = (load_backbone("natural", "random", seed=s) for s in (1, 1, 2))
    assert one.fingerprint == same.fingerprint != other.fingerprint


@pytest.mark.parametrize("change", ["in place", "through .data", "another tensor", "swapped"])
def test_fingerprint_changes_with_the_weights_and_comes_back(change):
    backbone = load_backbone("natural")
    weight, before = backbone.network.fc7.weight, backbone.fingerprint
    kept = weight.detach().clone()
    with torch.no_grad():
        if change == "in place":
            weight.zero_()
        elif change == "through .data":
            weight.data.zero_()
        elif change == "another tensor":
            backbone.network.fc7.weight = nn.Parameter(kept + 1)
        else:
            weight[[0, 1]] = weight[[1, 0]]
        assert backbone.fingerprint != before
        backbone.network.fc7.weight.copy_(kept)
    assert backbone.fingerprint == before


def test_fingerprint_is_computed_once_for_the_same_weights(vgg16, monkeypatch):
    first = vgg16.fingerprint
    monkeypatch.setattr(backbones, "_digest", lambda *_: pytest.fail("computed again"))
    assert vgg16.fingerprint == first


def test_fingerprint_of_a_backbone_made_in_inference_mode():
    with torch.inference_mode():
        backbone = load_backbone("natural")
    assert backbone.fingerprint == load_backbone("natural").fingerprint


def test_random_weights_repeat_while_another_thread_draws():
    wanted = {load_backbone("natural", "random").fingerprint}
    stop = threading.Event()

    def train():
        step = 0
        while not stop.is_set():
            with random_numbers.kept():
                seeded(0, step)
                torch.rand(100_000)
            step += 1

    thread = threading.Thread(target=train)
    thread.start()
    try:
        assert {load_backbone("natural", "random").fingerprint for _ in range(8)} == wanted
    finally:
        stop.set()
        thread.join()


def test_random_weights_leave_the_callers_random_state_alone():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    load_backbone("natural", "random", seed=5)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("name", SOURCES)
def test_bundled_weights_are_those_of_the_card(name):
    card = weights.read_card(name)
    backbone = load_backbone(name)
    assert sum(p.numel() for p in backbone.network.parameters()) == card["parameters"]
    assert not any(isinstance(module, nn.BatchNorm2d) for module in backbone.network.modules())
    assert backbone.network.fc8.out_features == len(card["classes"])
    assert not backbone.network.training


def test_unknown_backbone_and_unknown_enum_list_what_there_is():
    with pytest.raises(ValueError, match="no backbone 'vgg17'.*natural.*vgg16"):
        load_backbone("vgg17")
    with pytest.raises(ValueError, match="no weights 'PLACES'.*IMAGENET1K_V1.*random"):
        load_backbone("vgg16", "PLACES")


def test_unknown_layer_lists_the_layers(vgg16):
    with pytest.raises(ValueError, match="no layer called 'fc9'.*conv1_1.*fc7"):
        vgg16.check_layers(["fc7", "fc9"])


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    """A copy of the shipped weights that a test may damage."""
    for file in paths.SHIPPED_WEIGHTS.glob("natural.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path)
    return tmp_path / "natural.safetensors"


def test_altered_truncated_and_missing_bundled_weights(shipped):
    whole = shipped.read_bytes()
    shipped.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(WeightsError, match=r"natural\.safetensors is truncated or altered.*git"):
        load_backbone("natural")
    shipped.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match="truncated or altered"):
        load_backbone("natural")
    shipped.unlink()
    with pytest.raises(WeightsError, match=r"natural\.safetensors is missing.*git checkout"):
        load_backbone("natural")


def test_own_file_under_either_naming_gives_the_same_network(tmp_path):
    network = models.alexnet(weights=None, num_classes=7).eval()
    save_file(network.state_dict(), tmp_path / "torchvision.safetensors")
    torch.save({"state_dict": lecture_names(network).state_dict()}, tmp_path / "lecture.pt")
    images = torch.rand(1, 3, 224, 224)
    for file in ("torchvision.safetensors", "lecture.pt"):
        loaded = load_backbone("alexnet", tmp_path / file, n_classes=7)
        with torch.inference_mode():
            assert torch.equal(loaded.network(images), network(images))


def test_own_file_of_another_architecture_names_the_tensor(tmp_path):
    file = tmp_path / "small.safetensors"
    save_file(load_backbone("natural", "random").network.state_dict(), file)
    with pytest.raises(
        WeightsError, match=r"small\.safetensors is of another architecture: tensor"
    ):
        load_backbone("vgg11", file)


def test_the_tensor_that_is_named_is_the_networks_first():
    network = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4))
    state = {"z.weight": torch.ones(1), "a.weight": torch.ones(1)}
    with pytest.raises(WeightsError, match=r"tensor '0\.weight' is missing in the file and \(3, 2"):
        weights.load_into(network, state, "mine.pt")
    with pytest.raises(WeightsError, match=r"tensor 'z\.weight' is \(1,\) .* no such tensor"):
        weights.load_into(network, state | network.state_dict(), "mine.pt")


@pytest.mark.parametrize(
    "content",
    [torch.ones(3), [torch.ones(3)], {"epoch": 3, "model": {"a": torch.ones(1)}}]
    + [{"state_dict": 3}, {"state_dict": {"fc8": {"weight": torch.ones(1)}}}, 3],
)
def test_own_file_without_a_state_dict(tmp_path, content):
    file = tmp_path / "checkpoint.pt"
    torch.save(content, file)
    with pytest.raises(WeightsError, match=r"checkpoint\.pt holds no state dict.*: save network"):
        load_backbone("natural", file)


def test_own_file_missing_truncated_or_pickled(tmp_path):
    with pytest.raises(WeightsError, match="does not exist"):
        load_backbone("natural", tmp_path / "none.safetensors")
    truncated = tmp_path / "cut.safetensors"
    truncated.write_bytes(b"\x08\x00\x00\x00")
    with pytest.raises(WeightsError, match=r"cut\.safetensors is truncated or not a weights file"):
        load_backbone("natural", truncated)
    objects = tmp_path / "objects.pt"
    torch.save({"network": nn.Linear(1, 1)}, objects)
    with pytest.raises(WeightsError, match="holds pickled objects"):
        load_backbone("natural", objects)
    plain = tmp_path / "plain.pt"
    plain.write_bytes(pickle.dumps({"code": print}))
    with pytest.raises(WeightsError, match=r"plain\.pt"):
        load_backbone("natural", plain)


def test_torchvision_weights_without_network_name_file_and_command(monkeypatch, tmp_path):
    def refuse(url, *args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    with pytest.raises(
        WeightsError, match=r"alexnet-owt-7be5be79\.pth.*no route.*start\.py fetch alexnet"
    ):
        load_backbone("alexnet")


def test_torchvision_weights_into_a_folder_that_cannot_be_written(monkeypatch, tmp_path, capsys):
    (tmp_path / "taken").touch()
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "taken"))
    sentence = "checkpoints cannot be written (Not a directory): set TORCH_HOME to a folder"
    with pytest.raises(WeightsError) as refused:
        load_backbone("resnet18")
    assert sentence in str(refused.value)
    assert cli.main(["fetch", "resnet18"]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("tlcourse: ") and sentence in line


def test_torchvision_weights_of_the_wrong_hash_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    file = tmp_path / "checkpoints" / "alexnet-owt-7be5be79.pth"
    file.parent.mkdir()
    file.write_bytes(b"half a file")
    with pytest.raises(WeightsError, match="truncated or altered.*delete it"):
        load_backbone("alexnet")
    assert file.exists()


def test_torchvision_weights_of_the_right_hash_load(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    network = models.squeezenet1_1(weights=None)
    enum = models.SqueezeNet1_1_Weights.IMAGENET1K_V1
    file = tmp_path / "checkpoints" / enum.url.rsplit("/", 1)[1]
    file.parent.mkdir()
    torch.save(network.state_dict(), file)
    monkeypatch.setattr(weights, "_hash_prefix", lambda _: weights.sha256(file)[:8])
    loaded = load_backbone("squeezenet1_1").network
    assert torch.equal(loaded.classifier[1].weight, network.classifier[1].weight)


def test_preprocessing_travels_with_the_weights():
    assert load_backbone("natural", "random").side == 64
    assert load_backbone("vgg11", "random").side == 224
    assert load_backbone("inception_v3", "random").side == 299


def test_fetch_without_network_fails_in_one_sentence(monkeypatch, tmp_path, capsys):
    def refuse(url, *args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    assert cli.main(["fetch", "vgg16"]) == 1
    assert "vgg16-397923af.pth is not on this machine" in capsys.readouterr().err
    assert cli.main(["fetch", "vgg17"]) == 1
    assert "no backbone 'vgg17'" in capsys.readouterr().err
    assert cli.main(["fetch"]) == 2
    assert not list(tmp_path.rglob("*.pth"))
