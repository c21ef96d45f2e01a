"""Backbones: the lecture's names on real networks, and weights that cannot be had."""

import pickle

import pytest
import requests
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision import models

from tlcourse import cli, downloads, paths
from tlcourse.networks import backbones, weights
from tlcourse.networks.backbones import lecture_names, load_backbone
from tlcourse.networks.layers import without_weights
from tlcourse.networks.sources import SOURCES
from tlcourse.networks.weights import WeightsError


def on_meta(name):
    """The architecture alone: every shape and no numbers."""
    with torch.device("meta"):
        return load_backbone(name, "random")


def random_natural(seed=0):
    return load_backbone("natural", "random", seed)


VGG16 = [f"conv{b}_{n}" for b, depth in enumerate((2, 2, 3, 3, 3), 1) for n in range(1, depth + 1)]
ALEXNET = [f"conv{block}_1" for block in range(1, 6)]
FULLY_CONNECTED = ["fc6", "fc7", "fc8"]


@pytest.mark.parametrize(
    ("name", "convolutions", "features"), [("vgg16", VGG16, 4224), ("alexnet", ALEXNET, 1152)]
)
def test_networks_have_the_lectures_layers_and_number_of_features(name, convolutions, features):
    sizes = on_meta(name).layer_sizes
    assert list(sizes) == [*convolutions, *FULLY_CONNECTED]
    assert sum(sizes[layer] for layer in convolutions) == features
    assert [sizes[layer] for layer in FULLY_CONNECTED] == [4096, 4096, 1000]


@pytest.mark.parametrize("build", [models.vgg11_bn, models.alexnet])
def test_renamed_networks_are_the_original_modules_in_their_order(build):
    with torch.device("meta"):
        original = build(weights=None)
    renamed = list(lecture_names(original).children())
    (flatten,) = (each for each in renamed if isinstance(each, nn.Flatten))
    assert renamed == [*original.features, original.avgpool, flatten, *original.classifier]


@pytest.mark.parametrize("name", ["vgg16", "vgg13_bn", "alexnet", "natural"])
def test_every_layer_but_the_scores_is_read_from_its_relu(name):
    backbone = on_meta(name)
    for layer, module in backbone.layers.items():
        is_relu = isinstance(backbone.network.get_submodule(module), nn.ReLU)
        assert is_relu == (layer != "fc8")


FAMILIES = ["alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet"]
FAMILIES += ["inception_v3", "maxvit_t", "mnasnet0_5", "mobilenet_v2"]
FAMILIES += ["mobilenet_v3_small", "regnet_y_400mf", "resnet18"]
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
    backbone = on_meta(name)
    shapes = {}
    for module, each in backbone.network.named_modules():
        keep = lambda _, __, output, name=module: shapes.update({name: output})  # noqa: E731
        each.register_forward_hook(keep)
    backbone.network(torch.zeros(2, 3, backbone.side, backbone.side, device="meta"))
    for layer, size in backbone.layer_sizes.items():
        output = shapes[backbone.layers[layer]]
        module = backbone.network.get_submodule(layer)
        assert size == expected_size(layer, module, output.shape), layer
    if backbone.activation != "after ReLU":
        assert backbone.activation == "as the module gives it"
        of_images = [k for k, each in shapes.items() if torch.is_tensor(each) and len(each) == 2]
        assert set(backbone.layers) == set(of_images) - {""}
    assert backbone.check_layers(backbone.default_layers)


TIMM = ["test_convnext3", "test_vit", "mixer_s32_224", "convnext_atto", "cpubone_nano"]
TIMM += ["crossvit_tiny_240", "caformer_s18", "levit_128", "mobilenetv3_small_050", "repvit_m1"]
TIMM += ["resnet18", "swin_tiny_patch4_window7_224", "tnt_s_patch16_224", "vgg11"]


@pytest.mark.parametrize("name", TIMM)
def test_timms_networks_have_their_modules_channels_and_end_before_the_classifier(name):
    backbone = on_meta(f"timm:{name}")
    network, outputs, default = backbone.network, backbone.outputs, backbone.default_layers
    for module, output in outputs.items():
        each = network.get_submodule(module)
        own = 0 if any(each.children()) else channels_of(each)
        assert own in (0, output.shape[output.axis]), module
    assert outputs[""].shape == (network.num_classes,)
    assert set(default) <= set(backbone.layers)
    linear = [each for each in network.modules() if isinstance(each, nn.Linear)]
    classifiers = [(each.in_features, each.out_features) for each in linear]
    assert (backbone.layer_sizes[default[-1]], 1000) in classifiers
    assert 1000 not in map(backbone.layer_sizes.get, default)


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_torchvisions_weights_take_images_as_torchvision_gives_them(name, monkeypatch):
    state = models.get_model(name, weights=None, init_weights=False).state_dict()
    monkeypatch.setattr(weights, "read_torchvision", lambda *arguments: state)
    ours = load_backbone(name)
    assert ours.network.transform_input
    assert not on_meta(name).network.transform_input
    assert without_weights(ours, 5).transform_input


def test_preprocessing_travels_with_the_weights():
    sides = {"natural": 64, "vgg11": 224, "inception_v3": 299}
    assert {name: on_meta(name).side for name in sides} == sides


def test_random_weights_repeat_by_seed_and_leave_the_callers_random_state_alone():
    before = torch.get_rng_state()
    one, same, other = map(random_natural, (1, 1, 2))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert torch.equal(torch.get_rng_state(), before)


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


def test_fingerprint_is_computed_once_and_is_that_of_inference_mode(natural, monkeypatch):
    with torch.inference_mode():
        assert load_backbone("natural").fingerprint == natural.fingerprint
    monkeypatch.setattr(backbones, "_digest", lambda *_: pytest.fail("computed again"))
    assert natural.fingerprint


@pytest.mark.parametrize("name", SOURCES)
def test_bundled_weights_are_those_of_the_card(name):
    card, backbone = weights.read_card(name), load_backbone(name)
    assert sum(p.numel() for p in backbone.network.parameters()) == card["parameters"]
    assert not any(isinstance(module, nn.BatchNorm2d) for module in backbone.network.modules())
    assert backbone.network.fc8.out_features == len(card["classes"])
    assert not backbone.network.training


def test_what_is_unknown_lists_what_there_is(natural):
    with pytest.raises(ValueError, match="no backbone 'vgg17'.*natural.*vgg16"):
        load_backbone("vgg17")
    with pytest.raises(ValueError, match="no weights 'PLACES'.*IMAGENET1K_V1.*random"):
        load_backbone("vgg16", "PLACES")
    with pytest.raises(ValueError, match="no layer called 'fc9'.*conv1_1.*fc7"):
        natural.check_layers(["fc7", "fc9"])


def test_altered_truncated_and_missing_bundled_weights(monkeypatch, tmp_path):
    for file in paths.SHIPPED_WEIGHTS.glob("natural.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path)
    shipped = tmp_path / "natural.safetensors"
    whole = shipped.read_bytes()
    for damaged in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[: len(whole) // 2]):
        shipped.write_bytes(damaged)
        with pytest.raises(
            WeightsError, match=r"natural\.safetensors is truncated or altered.*git"
        ):
            load_backbone("natural")
    shipped.unlink()
    with pytest.raises(WeightsError, match=r"natural\.safetensors is missing.*git checkout"):
        load_backbone("natural")


def test_own_file_under_either_naming_gives_the_same_network(tmp_path, monkeypatch):
    for module in (nn.Linear, nn.Conv2d):  # their weights are those of the file
        monkeypatch.setattr(module, "reset_parameters", lambda self: None)
    network = models.alexnet(weights=None, num_classes=7).eval()
    for parameter in network.parameters():
        nn.init.uniform_(parameter, -0.02, 0.02)
    save_file(network.state_dict(), tmp_path / "torchvision.safetensors")
    torch.save({"state_dict": lecture_names(network).state_dict()}, tmp_path / "lecture.pt")
    for file in ("torchvision.safetensors", "lecture.pt"):
        loaded = load_backbone("alexnet", tmp_path / file, n_classes=7).network
        assert list(map(torch.equal, loaded.parameters(), network.parameters())) == 16 * [True]


def test_own_file_of_another_architecture_names_the_networks_first_tensor(tmp_path):
    file = tmp_path / "small.safetensors"
    save_file(random_natural().network.state_dict(), file)
    with pytest.raises(WeightsError, match=r"small\.saf.* is of another architecture: tensor"):
        load_backbone("squeezenet1_1", file)
    network = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4))
    state = {"z.weight": torch.ones(1), "a.weight": torch.ones(1)}
    with pytest.raises(WeightsError, match=r"tensor '0\.weight' is missing in the file and \(3, 2"):
        weights.load_into(network, state, "mine.pt")
    with pytest.raises(WeightsError, match=r"tensor 'z\.weight' is \(1,\) .* no such tensor"):
        weights.load_into(network, state | network.state_dict(), "mine.pt")


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda file: None, "does not exist"),
        (lambda file: file.write_bytes(b"\x08\x00\x00\x00"), "is truncated or not a weights file"),
        (lambda file: torch.save({"network": nn.Linear(1, 1)}, file), "holds pickled objects"),
        (lambda file: file.write_bytes(pickle.dumps({"code": print})), "mine"),
        *(
            (lambda file, content=content: torch.save(content, file), "holds no state dict.*: save")
            for content in (
                *(torch.ones(3), [torch.ones(3)], {"epoch": 3, "history": {"a": torch.ones(1)}}, 3),
                *({"state_dict": 3}, {"state_dict": {"fc8": {"weight": torch.ones(1)}}}),
            )
        ),
    ],
)
def test_own_file_that_holds_no_weights(tmp_path, write, said):
    file = tmp_path / ("mine.safetensors" if "truncated" in said else "mine.pt")
    write(file)
    with pytest.raises(WeightsError, match=said):
        load_backbone("natural", file)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """Where torchvision keeps weights, on a machine without a network."""

    def refuse(url, *arguments, **options):
        raise requests.ConnectionError("no route to host")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(requests, "get", refuse)
    monkeypatch.setattr(downloads.time, "sleep", lambda seconds: None)
    return tmp_path


def test_torchvision_weights_without_a_network_name_file_and_command(hub, capsys):
    words = r"alexnet-owt-7be5be79\.pth.*no route.*start\.py fetch alexnet"
    with pytest.raises(WeightsError, match=words):
        load_backbone("alexnet")
    for arguments, status, said in (
        (["vgg16"], 1, "vgg16-397923af.pth could not be downloaded"),
        (["vgg17"], 1, "no backbone 'vgg17'"),
    ):
        assert cli.main(["fetch", *arguments]) == status
        assert said in capsys.readouterr().err
    assert not list(hub.rglob("*.pth"))


def test_torchvision_weights_into_a_folder_that_cannot_be_written(monkeypatch, tmp_path, capsys):
    (tmp_path / "taken").touch()
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "taken"))
    assert cli.main(["fetch", "resnet18"]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "checkpoints cannot be written (Not a directory): set TORCH_HOME to a folder" in line


def test_torchvision_weights_are_taken_by_their_hash(hub, monkeypatch):
    network = models.squeezenet1_1(weights=None)
    file = hub / "checkpoints" / models.SqueezeNet1_1_Weights.DEFAULT.url.rsplit("/", 1)[1]
    file.parent.mkdir()
    torch.save(network.state_dict(), file)
    with pytest.raises(WeightsError, match="truncated or altered.*delete it"):
        load_backbone("squeezenet1_1")
    assert file.exists()
    monkeypatch.setattr(weights, "_hash_prefix", lambda _: weights.sha256(file)[:8])
    loaded = load_backbone("squeezenet1_1").network
    assert torch.equal(loaded.classifier[1].weight, network.classifier[1].weight)
