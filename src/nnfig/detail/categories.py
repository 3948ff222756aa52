"""The one table of what kinds of layers are: kind -> category -> TeX class, words for options, captions and legends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Category:
    """One family of kinds."""

    name: str
    """The long word of `--hide`, `--merge`, `--show`."""
    cls: str
    """The TeX style; also the short word that `hide={...}` takes in LaTeX."""
    words: tuple[str, ...]
    """Further words that people use for it."""
    plural: str
    """How the caption names it."""
    legend: str
    """How the legend explains its colour."""
    kinds: tuple[str, ...]
    """PyTorch's class and function names."""
    pattern: str = ""
    """For kinds that the table does not know: a regular expression over the whole kind."""


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_CONV = tuple(f"{lazy}Conv{n}d" for lazy in ("", "Lazy") for n in (1, 2, 3))
_UP = tuple(f"{lazy}ConvTranspose{n}d" for lazy in ("", "Lazy") for n in (1, 2, 3))
_FUNCTIONS = tuple(f"conv{n}d" for n in (1, 2, 3))
_UP_FUNCTIONS = tuple(f"conv_transpose{n}d" for n in (1, 2, 3))
_POOLS = tuple(
    f"{kind}Pool{n}d" for kind in ("Max", "Avg", "AdaptiveAvg", "AdaptiveMax", "LP", "FractionalMax") for n in (1, 2, 3)
)
_POOL_FUNCTIONS = tuple(
    f"{kind}_pool{n}d" for kind in ("max", "avg", "adaptive_avg", "adaptive_max", "lp") for n in (1, 2, 3)
)
_NORMS = tuple(f"{lazy}{kind}Norm{n}d" for lazy in ("", "Lazy") for kind in ("Batch", "Instance") for n in (1, 2, 3))
_ACTS = """ReLU ReLU6 LeakyReLU PReLU RReLU ELU SELU CELU GELU GLU SiLU Mish Sigmoid Tanh Hardtanh Hardsigmoid Hardswish
    LogSigmoid Softplus Softsign Softshrink Hardshrink Tanhshrink Threshold
    relu relu6 leaky_relu prelu rrelu elu selu celu gelu glu silu mish sigmoid tanh hardtanh hardsigmoid hardswish
    logsigmoid softplus softsign softshrink hardshrink tanhshrink threshold relu_ sigmoid_ tanh_ expit"""

CATEGORIES: tuple[Category, ...] = (
    Category(
        "upsampling",
        "up",
        ("upsample", "unpooling"),
        "upsampling",
        "Upsampling",
        (
            *_UP,
            *_UP_FUNCTIONS,
            *_split("""Upsample UpsamplingNearest2d UpsamplingBilinear2d PixelShuffle pixel_shuffle interpolate
        upsample MaxUnpool1d MaxUnpool2d MaxUnpool3d max_unpool1d max_unpool2d max_unpool3d UpSampling1D UpSampling2D
        fold Fold"""),
        ),
        r"(?i).*(convtranspose|conv\w*transpose|upsampl|unpool|pixelshuffle).*",
    ),
    Category(
        "convolution",
        "conv",
        ("convolutions",),
        "convolutions",
        "Convolution",
        (*_CONV, *_FUNCTIONS),
        r"\w*Conv\w{0,12}\d[dD]\w*|(?i:\w*(causal|same|separable|deform)conv\w*)",
    ),
    Category(
        "pooling",
        "pool",
        ("pools", "subsampling"),
        "pooling",
        "Pooling",
        (*_POOLS, *_POOL_FUNCTIONS),
        r"(?i)\w*pool(ing)?\d?d?",
    ),
    Category(
        "embedding",
        "embed",
        ("embeddings",),
        "embeddings",
        "Embedding",
        ("Embedding", "EmbeddingBag", "embedding", "embedding_bag", "one_hot"),
        r"(?i)\w*(embedding|embeddings|embed|positionalencoding|encoding)",
    ),
    Category(
        "attention",
        "attn",
        ("attentions",),
        "attention",
        "Attention",
        ("MultiheadAttention", "scaled_dot_product_attention", "multi_head_attention_forward", "flex_attention"),
        r"(?i)\w*attention\w*|\w*attn",
    ),
    Category(
        "normalization",
        "norm",
        ("normalisation", "norms", "normalizations", "batchnorm"),
        "normalisation",
        "Normalisation",
        (
            *_NORMS,
            *_split("""LayerNorm GroupNorm RMSNorm LocalResponseNorm SyncBatchNorm CrossMapLRN2d
        batch_norm layer_norm group_norm
            instance_norm rms_norm local_response_norm normalize BatchNormalization LayerNormalization"""),
        ),
        r"(?i)\w*(norm|normalization|lrn)(act)?(\d?d)?",
    ),
    Category(
        "activation",
        "act",
        ("activations", "nonlinearity", "non-linearity"),
        "activations",
        "Activation",
        _split(_ACTS),
        r"(?i)(?!.*(conv|linear|norm))\w*(relu|gelu|silu|swish|sigmoid|activation|mish|tanh)\w*",
    ),
    Category(
        "softmax",
        "out",
        ("output",),
        "softmax",
        "Softmax",
        _split("Softmax LogSoftmax Softmax2d Softmin softmax log_softmax softmin gumbel_softmax"),
        r"(?i)\w*softmax\w*",
    ),
    Category(
        "recurrent",
        "recurrent",
        ("rnn", "recurrence"),
        "recurrent layers",
        "Recurrent",
        _split(
            "LSTM GRU RNN LSTMCell GRUCell RNNCell lstm gru rnn_tanh rnn_relu lstm_cell gru_cell"
            " rnn_tanh_cell SimpleRNN"
        ),
        r"\w*(LSTM|GRU|RNN)\w*",
    ),
    Category(
        "linear",
        "linear",
        ("dense", "fc", "fully-connected"),
        "fully connected layers",
        "Fully connected",
        _split("Linear LazyLinear Bilinear linear bilinear addmm Dense Conv1D NonDynamicallyQuantizableLinear"),
        r"\w*Linear\w*|\w*Dense",
    ),
    Category(
        "dropout",
        "dropout",
        ("dropouts", "regularization"),
        "dropout",
        "Dropout",
        _split("""Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout dropout
        dropout1d dropout2d dropout3d
        alpha_dropout feature_alpha_dropout Identity DropPath drop_path StochasticDepth
        stochastic_depth SpatialDropout2D"""),
        r"(?i)\w*(dropout|droppath|drop_path|stochasticdepth)\w*",
    ),
    Category(
        "merge",
        "merge",
        ("merges", "sums"),
        "sums, products and concatenations",
        "Sum, product, concatenation",
        _split("add sub mul div cat stack concat Add Concatenate Multiply Concat Mul Sum FloatFunctional"),
    ),
    Category(
        "product",
        "func",
        ("matmul",),
        "matrix products",
        "Matrix product",
        _split("matmul bmm mm baddbmm einsum mv dot outer tensordot"),
    ),
    Category(
        "reshape",
        "reshape",
        ("plumbing", "view"),
        "changes of shape",
        "Change of shape",
        _split("""Flatten Unflatten flatten unflatten view reshape permute transpose t movedim moveaxis swapaxes
        squeeze unsqueeze
        expand expand_as broadcast_to contiguous getitem select narrow unbind chunk split to float type_as
        roll unfold Unfold
        ZeroPad2d ReflectionPad2d ReplicationPad2d ConstantPad2d
        pad ChannelShuffle PixelUnshuffle pixel_unshuffle"""),
        r"\w*Pad[123]d|channel_shuffle",
    ),
    Category(
        "data",
        "data",
        ("input", "inputs", "outputs"),
        "inputs and outputs",
        "Data",
        ("Parameter", "Constant", "Buffer", "state"),
    ),
    Category("loss", "out", ("losses",), "losses", "Loss", (), r"\w*Loss|\w*_loss|cross_entropy"),
    Category("function", "func", ("func", "functions", "arithmetic"), "elementwise arithmetic", "Function", ()),
    Category("block", "block", ("blocks", "groups"), "blocks", "Block", ()),
)

BY_NAME = {category.name: category for category in CATEGORIES}
_BY_KIND = {kind: category for category in reversed(CATEGORIES) for kind in category.kinds}
_BY_WORD = {
    word.lower(): category.name
    for category in reversed(CATEGORIES)
    for word in (*category.words, category.cls, category.name)
} | {"out": "softmax", "func": "function"}
_PATTERNS = tuple((re.compile(category.pattern), category) for category in CATEGORIES if category.pattern)


@lru_cache(maxsize=4096)
def category_of(kind: str) -> Category:
    """The category of a kind: by the table, else by how its name is made, else `function` or `block`.

    >>> category_of("Conv2d").name, category_of("LlamaRMSNorm").cls, category_of("Bottleneck").name
    ('convolution', 'norm', 'block')
    """
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    for pattern, category in _PATTERNS:
        if pattern.fullmatch(kind):
            return category
    return BY_NAME["block" if kind.lstrip("_")[:1].isupper() else "function"]


def is_known(kind: str) -> bool:
    """Whether a kind is one that people know rather than a class of somebody's own."""
    return kind in _BY_KIND


def category_word(word: str) -> str:
    """The category that a long or short word means, '' if none.

    >>> category_word("act"), category_word("activation"), category_word("ReLU")
    ('activation', 'activation', '')
    """
    return _BY_WORD.get(word.lower(), "")
