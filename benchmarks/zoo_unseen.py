"""Networks that came to the zoo after the tracer was written, to see what it does with what nobody tuned it to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from zoo_networks import Inputs, image, positional, tokens

Row = tuple[str, Any, Inputs]


def _timm() -> Iterator[Row]:
    import timm

    sizes = {"xcit_nano_12_p16_224": 224, "fastvit_t8": 256, "cait_xxs24_224": 224, "tiny_vit_5m_224": 224}
    sizes |= {
        "edgenext_xx_small": 96,
        "mambaout_femto": 96,
        "gmlp_s16_224": 224,
        "pvt_v2_b0": 96,
        "hiera_tiny_224": 224,
    }
    for name, size in sizes.items():
        yield name, lambda n=name: timm.create_model(n, pretrained=False), image(size)


def _transformers() -> Iterator[Row]:
    import transformers as hf

    def model(cls: str, config: str, **settings: Any) -> Any:
        return lambda: getattr(hf, cls)(getattr(hf, config)(**{"use_cache": False, **settings}))

    small = {"hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128, "num_hidden_layers": 2}
    words = {**small, "vocab_size": 100}
    llama = {**words, "num_key_value_heads": 2, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    experts = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "head_dim": 16}
    xlnet = {"d_model": 64, "n_head": 4, "n_layer": 2, "d_inner": 128, "vocab_size": 100}
    funnel = {"d_model": 64, "n_head": 4, "d_head": 16, "d_inner": 128, "block_sizes": [2, 2], "vocab_size": 100}
    detr = {"use_pretrained_backbone": False, "backbone": "resnet18", "d_model": 64}
    for part in ("encoder", "decoder"):
        detr |= {f"{part}_layers": 2, f"{part}_attention_heads": 4, f"{part}_ffn_dim": 64}
    sam = {"image_size": 64, "patch_size": 16, "output_channels": 16, "global_attn_indexes": [1], "window_size": 2}
    swin = {"image_size": 64, "embed_dim": 24, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4}
    mamba = {"hidden_size": 64, "num_heads": 8, "head_dim": 16, "num_hidden_layers": 2, "vocab_size": 100}
    mamba |= {"state_size": 16, "n_groups": 2, "chunk_size": 8}
    yield "qwen3_moe", model("Qwen3MoeForCausalLM", "Qwen3MoeConfig", **llama, **experts), tokens()
    yield "gemma3", model("Gemma3ForCausalLM", "Gemma3TextConfig", **llama, head_dim=16), tokens()
    yield "xlnet", model("XLNetModel", "XLNetConfig", **xlnet), tokens()
    yield "funnel", model("FunnelModel", "FunnelConfig", **funnel), tokens()
    yield "longformer", model("LongformerModel", "LongformerConfig", **words, attention_window=8), tokens()
    yield "mamba2", model("Mamba2ForCausalLM", "Mamba2Config", **mamba), tokens()
    rwkv = {"hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 100}
    yield "rwkv", model("RwkvForCausalLM", "RwkvConfig", **rwkv), tokens()
    yield "detr", model("DetrModel", "DetrConfig", **detr), image(64)
    yield "sam_vision", model("SamVisionModel", "SamVisionConfig", **small, **sam, mlp_dim=64), image(64)
    yield "swinv2", model("Swinv2Model", "Swinv2Config", **swin), image(64)


def _diffusers() -> Iterator[Row]:
    import diffusers

    flux = {"patch_size": 1, "in_channels": 4, "num_layers": 1, "num_single_layers": 1, "attention_head_dim": 16}
    flux |= {"num_attention_heads": 2, "joint_attention_dim": 32, "pooled_projection_dim": 32}
    given = {
        "hidden_states": torch.randn(1, 16, 4),
        "encoder_hidden_states": torch.randn(1, 6, 32),
        "pooled_projections": torch.randn(1, 32),
        "timestep": torch.tensor([1.0]),
        "img_ids": torch.zeros(16, 3),
        "txt_ids": torch.zeros(6, 3),
    }
    yield "flux", lambda: diffusers.FluxTransformer2DModel(**flux, axes_dims_rope=(4, 4, 8)), lambda: ((), given)
    vq = {"block_out_channels": (32,), "norm_num_groups": 8, "num_vq_embeddings": 16}
    yield "vq", lambda: diffusers.VQModel(**vq), positional((1, 3, 16, 16))


def _smp() -> Iterator[Row]:
    import segmentation_models_pytorch as smp

    for name in ("MAnet", "Linknet", "UPerNet"):
        yield name, lambda n=name: getattr(smp, n)(encoder_name="resnet18", encoder_weights=None), image(64)


def _monai() -> Iterator[Row]:
    from monai.networks import nets

    flat = positional((1, 1, 32, 32))
    yield "AttentionUnet", lambda: nets.AttentionUnet(2, 1, 2, (8, 16, 32), (2, 2)), flat
    yield "BasicUNetPlusPlus", lambda: nets.BasicUNetPlusPlus(2, 1, 2, features=(8, 8, 16, 16, 16, 8)), flat
    yield "HighResNet", lambda: nets.HighResNet(spatial_dims=2), flat


def _kornia() -> Iterator[Row]:
    import kornia

    yield "HardNet", lambda: kornia.feature.HardNet(False), positional((4, 1, 32, 32))
    yield "DISK", lambda: kornia.feature.DISK(), positional((1, 3, 64, 64))


def _open_clip() -> Iterator[Row]:
    import open_clip

    words = lambda: torch.ones(1, 77, dtype=torch.int64)  # noqa: E731
    yield "ViT-B-32", lambda: open_clip.create_model("ViT-B-32"), positional((1, 3, 224, 224), words)


def _x_transformers() -> Iterator[Row]:
    import x_transformers as xt

    layers = {"dim": 32, "depth": 2, "heads": 4, "rotary_pos_emb": True, "ff_glu": True}
    yield (
        "decoder",
        lambda: xt.TransformerWrapper(num_tokens=50, max_seq_len=16, attn_layers=xt.Decoder(**layers)),
        positional(lambda: torch.arange(8)[None]),
    )


class _OnGraph(nn.Module):
    """A layer over an edge list, and a linear one."""

    def __init__(self, conv: nn.Module) -> None:
        super().__init__()
        self.conv, self.out = conv, nn.Linear(16, 3)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        return self.out(self.conv(x, edges).relu())


def _torch_geometric() -> Iterator[Row]:
    import torch_geometric.nn as geometric

    edges = lambda: torch.tensor([[0, 1, 2, 3, 0], [1, 2, 3, 0, 2]])  # noqa: E731
    for name in ("GCNConv", "GATConv", "SAGEConv", "TransformerConv"):
        yield name, lambda n=name: _OnGraph(getattr(geometric, n)(8, 16)), positional((4, 8), edges)
    yield "GraphUNet", lambda: geometric.GraphUNet(8, 16, 3, depth=2), positional((4, 8), edges)


TABLES = {
    "timm": _timm,
    "transformers": _transformers,
    "diffusers": _diffusers,
    "segmentation_models_pytorch": _smp,
    "monai": _monai,
    "kornia": _kornia,
    "open_clip": _open_clip,
    "x_transformers": _x_transformers,
    "torch_geometric": _torch_geometric,
}
