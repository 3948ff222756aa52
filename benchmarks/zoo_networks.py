"""Networks of the zoo: name to (build, inputs), grouped by the library that they come from; nothing is downloaded."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parent))

Inputs = Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]


@dataclass(frozen=True)
class Network:
    """One network of the zoo."""

    library: str
    name: str
    build: Callable[[], nn.Module]
    inputs: Inputs


def image(size: int = 96, channels: int = 3) -> Inputs:
    return lambda: ((torch.randn(1, channels, size, size),), {})


def tokens(length: int = 16, **more: Any) -> Inputs:
    def make() -> tuple[tuple[Any, ...], dict[str, Any]]:
        ids = torch.arange(length)[None] % 7 + 3
        return (), {"input_ids": ids, **{k: v() if callable(v) else v for k, v in more.items()}}

    return make


def positional(*shapes: Any) -> Inputs:
    return lambda: (tuple(s() if callable(s) else torch.randn(*s) for s in shapes), {})


def networks() -> Iterator[Network]:
    """All networks whose library is installed, library by library."""
    import zoo_unseen

    if importlib.util.find_spec("torchvision") is not None:
        import zoo_torchvision  # noqa: F401  mends it for the libraries that import it
    for library in libraries():
        if library == "plain" or importlib.util.find_spec(library) is not None:
            for table in (TABLES.get(library), zoo_unseen.TABLES.get(library)):
                for name, build, inputs in table() if table else ():
                    yield Network(library, name, build, inputs)


def libraries() -> list[str]:
    """Where networks come from."""
    import zoo_unseen

    return list(dict.fromkeys((*TABLES, *zoo_unseen.TABLES)))


def missing() -> list[str]:
    """Libraries that are not installed."""
    return [library for library in libraries() if library != "plain" and importlib.util.find_spec(library) is None]


_CLASSIFIERS = """
alexnet vgg16 vgg16_bn resnet18 resnet50 resnext50_32x4d wide_resnet50_2 densenet121 googlenet inception_v3
squeezenet1_1 mobilenet_v2 mobilenet_v3_large mnasnet1_0 shufflenet_v2_x1_0 efficientnet_b0 efficientnet_v2_s
regnet_y_400mf convnext_tiny vit_b_16 swin_t swin_v2_t maxvit_t
"""


def _torchvision() -> Iterator[tuple[str, Any, Inputs]]:
    from zoo_torchvision import torchvision

    models = torchvision.models
    for name in _CLASSIFIERS.split():
        size = 224 if name in ("vit_b_16", "maxvit_t", "inception_v3") else 96
        extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        yield name, lambda n=name, e=extra: getattr(models, n)(**e), image(size)
    bare = {"weights": None, "weights_backbone": None}
    for name in ("fcn_resnet50", "deeplabv3_mobilenet_v3_large", "lraspp_mobilenet_v3_large"):
        yield name, lambda n=name: getattr(models.segmentation, n)(**bare), image(96)
    for name in ("fasterrcnn_mobilenet_v3_large_320_fpn", "retinanet_resnet50_fpn", "ssdlite320_mobilenet_v3_large"):
        yield (
            name,
            lambda n=name: getattr(models.detection, n)(**bare),
            lambda: (([torch.rand(3, 96, 96)],), {}),
        )
    yield "r3d_18", lambda: models.video.r3d_18(), positional((1, 3, 8, 48, 48))
    yield "raft_small", lambda: models.optical_flow.raft_small(), positional((1, 3, 128, 128), (1, 3, 128, 128))


def _timm() -> Iterator[tuple[str, Any, Inputs]]:
    import timm

    for name, size in (
        ("resnetv2_50", 96),
        ("tf_efficientnet_b0", 96),
        ("deit_tiny_patch16_224", 224),
        ("mixer_s32_224", 224),
        ("convnextv2_atto", 96),
        ("hrnet_w18_small", 96),
        ("res2net50_26w_4s", 96),
        ("coat_tiny", 224),
        ("levit_128s", 224),
        ("mobilevit_xxs", 256),
        ("ghostnet_100", 96),
        ("dpn68", 96),
        ("volo_d1_224", 224),
        ("eva02_tiny_patch14_224", 224),
        ("repvgg_a0", 96),
        ("nfnet_f0", 96),
        ("botnet26t_256", 256),
        ("crossvit_tiny_240", 240),
    ):
        yield name, lambda n=name: timm.create_model(n, pretrained=False), image(size)


def _transformers() -> Iterator[tuple[str, Any, Inputs]]:
    import transformers as hf

    def model(cls: str, config: str, **settings: Any) -> Callable[[], nn.Module]:
        # without a cache of keys and values, as it is traced: through one, autograd knows edges from step to step
        return lambda: getattr(hf, cls)(getattr(hf, config)(**{"use_cache": False, **settings}))

    def small(**more: Any) -> dict[str, Any]:
        sizes = {"hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128, "num_hidden_layers": 3}
        return {**sizes, "vocab_size": 100, **more}

    llama = {"num_key_value_heads": 2, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    ones = lambda: torch.ones(1, 16, dtype=torch.int64)  # noqa: E731
    yield "bert", model("BertModel", "BertConfig", **small()), tokens(attention_mask=ones)
    yield "roberta", model("RobertaForSequenceClassification", "RobertaConfig", **small()), tokens()
    yield "distilbert", model("DistilBertModel", "DistilBertConfig", dim=64, n_heads=4, hidden_dim=128), tokens()
    yield "albert", model("AlbertModel", "AlbertConfig", embedding_size=32, **small()), tokens()
    yield "electra", model("ElectraModel", "ElectraConfig", embedding_size=32, **small()), tokens()
    yield "deberta_v2", model("DebertaV2Model", "DebertaV2Config", **small(relative_attention=True)), tokens()
    yield "gpt2", model("GPT2LMHeadModel", "GPT2Config", n_embd=64, n_head=4, n_layer=3, vocab_size=100), tokens()
    yield "gpt_neox", model("GPTNeoXForCausalLM", "GPTNeoXConfig", **small()), tokens()
    yield "opt", model("OPTForCausalLM", "OPTConfig", ffn_dim=128, word_embed_proj_dim=64, **small()), tokens()
    yield "llama", model("LlamaForCausalLM", "LlamaConfig", **small(**llama)), tokens(attention_mask=ones)
    yield "mistral", model("MistralForCausalLM", "MistralConfig", **small(**llama)), tokens()
    yield "qwen2", model("Qwen2ForCausalLM", "Qwen2Config", **small(**llama)), tokens()
    yield "gemma2", model("Gemma2ForCausalLM", "Gemma2Config", head_dim=16, **small(**llama)), tokens()
    yield "phi3", model("Phi3ForCausalLM", "Phi3Config", **small(**llama)), tokens()
    yield (
        "mixtral",
        model("MixtralForCausalLM", "MixtralConfig", num_local_experts=4, **small(**llama)),
        tokens(),
    )
    yield (
        "mamba",
        model("MambaForCausalLM", "MambaConfig", hidden_size=64, num_hidden_layers=2, vocab_size=100),
        tokens(),
    )
    t5 = {"d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 2, "num_heads": 4, "vocab_size": 100}
    both = tokens(decoder_input_ids=lambda: torch.ones(1, 8, dtype=torch.int64))
    yield "t5", model("T5ForConditionalGeneration", "T5Config", **t5, decoder_start_token_id=0), both
    bart = {"d_model": 64, "encoder_layers": 2, "decoder_layers": 2, "vocab_size": 100}
    heads = {"encoder_attention_heads": 4, "decoder_attention_heads": 4, "encoder_ffn_dim": 128, "decoder_ffn_dim": 128}
    yield "bart", model("BartModel", "BartConfig", **bart, **heads), both
    ends = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}
    vision = {"image_size": 64, "patch_size": 16}
    pixels = lambda: ((), {"pixel_values": torch.randn(1, 3, 64, 64)})  # noqa: E731
    settings = {k: v for k, v in small(**vision).items() if k != "vocab_size"}
    yield "vit", model("ViTForImageClassification", "ViTConfig", **settings), pixels
    yield "dinov2", model("Dinov2Model", "Dinov2Config", **settings), pixels
    yield "segformer", model("SegformerForSemanticSegmentation", "SegformerConfig"), pixels
    yield (
        "whisper",
        model("WhisperModel", "WhisperConfig", num_mel_bins=20, max_source_positions=32, **bart, **heads, **ends),
        lambda: ((), {"input_features": torch.randn(1, 20, 64), "decoder_input_ids": torch.ones(1, 4).long()}),
    )
    yield "clip_text", model("CLIPTextModel", "CLIPTextConfig", **small()), tokens()
    w2v = {**settings, "conv_dim": (32, 32), "conv_stride": (5, 2), "conv_kernel": (10, 3)}
    w2v.update(num_feat_extract_layers=2, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4)
    yield "wav2vec2", model("Wav2Vec2Model", "Wav2Vec2Config", **w2v), positional((1, 1600))


def _diffusers() -> Iterator[tuple[str, Any, Inputs]]:
    import diffusers

    unet = {
        "sample_size": 16,
        "block_out_channels": (32, 64),
        "layers_per_block": 1,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "cross_attention_dim": 32,
        "attention_head_dim": 8,
    }
    step = lambda: torch.tensor(10)  # noqa: E731
    yield (
        "unet_condition",
        lambda: diffusers.UNet2DConditionModel(**unet),
        positional((1, 4, 16, 16), step, (1, 7, 32)),
    )
    yield (
        "unet",
        lambda: diffusers.UNet2DModel(sample_size=16, block_out_channels=(32, 32, 64, 64), attention_head_dim=8),
        positional((1, 3, 16, 16), step),
    )
    yield (
        "autoencoder_kl",
        lambda: diffusers.AutoencoderKL(
            block_out_channels=(32, 32),
            norm_num_groups=8,
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
        ),
        positional((1, 3, 32, 32)),
    )
    yield (
        "dit",
        lambda: diffusers.DiTTransformer2DModel(
            num_attention_heads=2, attention_head_dim=16, num_layers=2, sample_size=8
        ),
        lambda: ((torch.randn(1, 4, 8, 8), torch.tensor([10]), torch.tensor([3])), {}),
    )


def _smp() -> Iterator[tuple[str, Any, Inputs]]:
    import segmentation_models_pytorch as smp

    for name in ("Unet", "UnetPlusPlus", "FPN", "PSPNet", "DeepLabV3Plus", "Segformer"):
        yield name, lambda n=name: getattr(smp, n)(encoder_name="resnet18", encoder_weights=None), image(64)


def _monai() -> Iterator[tuple[str, Any, Inputs]]:
    from monai.networks import nets

    yield (
        "UNet",
        lambda: nets.UNet(
            spatial_dims=3, in_channels=1, out_channels=2, channels=(4, 8, 16), strides=(2, 2), num_res_units=2
        ),
        positional((1, 1, 16, 16, 16)),
    )
    yield "SegResNet", lambda: nets.SegResNet(init_filters=8), positional((1, 1, 16, 16, 16))
    yield (
        "UNETR",
        lambda: nets.UNETR(1, 2, (32, 32, 32), feature_size=8, hidden_size=48, mlp_dim=96, num_heads=4),
        positional((1, 1, 32, 32, 32)),
    )
    yield "DynUNet", lambda: nets.DynUNet(2, 1, 2, [3, 3, 3], [1, 2, 2], [2, 2]), positional((1, 1, 32, 32))
    yield "VNet", lambda: nets.VNet(), positional((1, 1, 32, 32, 32))


class _Recurrent(nn.Module):
    """A cell unrolled in a Python loop."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(8, 16)
        self.out = nn.Linear(16, 4)

    def forward(self, x: Tensor) -> Tensor:
        h = c = x.new_zeros(x.shape[1], 16)
        for step in x:
            h, c = self.cell(step, (h, c))
        return self.out(h)


class _Packed(nn.Module):
    """Sequences of different lengths through a bidirectional GRU."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(20, 8, padding_idx=0)
        self.gru = nn.GRU(8, 16, bidirectional=True, batch_first=True)
        self.out = nn.Linear(32, 3)

    def forward(self, ids: Tensor) -> Tensor:
        lengths = (ids > 0).sum(1)
        packed = nn.utils.rnn.pack_padded_sequence(self.embed(ids), lengths, batch_first=True, enforce_sorted=False)
        padded, _ = nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], batch_first=True)
        return self.out(padded.amax(1))


class _GraphConv(nn.Module):
    """Message passing over an edge list."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(8, 16), nn.Linear(16, 4)

    def pass_messages(self, x: Tensor, edges: Tensor) -> Tensor:
        return torch.zeros_like(x).index_add(0, edges[1], x[edges[0]])

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        return self.second(self.pass_messages(self.first(x).relu(), edges))


class _Recursive(nn.Module):
    """One module called until a norm is small: the path depends on values."""

    def __init__(self) -> None:
        super().__init__()
        self.step = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(4):
            x = torch.tanh(self.step(x))
            if x.norm() < 1e-3:
                break
        return x


def _plain() -> Iterator[tuple[str, Any, Inputs]]:
    def resnet(name: str) -> nn.Module:
        sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))
        import resnet as module

        return getattr(module, name)()

    ids = lambda: torch.tensor([[3, 4, 5, 0], [6, 7, 0, 0]])  # noqa: E731
    edges = lambda: torch.tensor([[0, 1, 2], [1, 2, 0]])  # noqa: E731
    for name in ("resnet18", "resnet34", "resnet50"):
        yield name, lambda n=name: resnet(n), image(96)
    yield "transformer", lambda: nn.Transformer(32, 4, 2, 2, 64), positional((7, 1, 32), (5, 1, 32))
    yield (
        "encoder_batch_first",
        lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(32, 4, 64, batch_first=True), 3),
        positional((2, 7, 32)),
    )
    yield "lstm", lambda: nn.LSTM(8, 16, num_layers=2, bidirectional=True), positional((5, 2, 8))
    yield "lstm_cell_loop", _Recurrent, positional((5, 2, 8))
    yield "gru_packed", _Packed, positional(ids)
    yield "graph_convolution", _GraphConv, positional((3, 8), edges)
    yield "until_small", _Recursive, positional((2, 8))


TABLES = {
    "plain": _plain,
    "torchvision": _torchvision,
    "timm": _timm,
    "transformers": _transformers,
    "diffusers": _diffusers,
    "segmentation_models_pytorch": _smp,
    "monai": _monai,
}
