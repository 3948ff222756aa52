"""Caffe's text format -> a protobuf message, by a descriptor made of the public field names.

Enumerations are read as their names, so that a name that nobody knows is text and no error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from nnfig.errors import NnfigError, Problem

_WINDOW = "pad:u* kernel_size:u* stride:u* pad_h:u pad_w:u kernel_h:u kernel_w:u stride_h:u stride_w:u engine:s"
_FILLERS = "weight_filler:Filler bias_filler:Filler"

MESSAGES: Mapping[str, str] = {
    "Net": "name:s input:s* input_dim:u* input_shape:Shape* layer:Layer* layers:Layer* state:State force_backward:b "
    "debug_info:b",
    "Shape": "dim:i*",
    "State": "phase:s level:i stage:s*",
    "Rule": "phase:s min_level:i max_level:i stage:s* not_stage:s*",
    "Param": "name:s share_mode:s lr_mult:f decay_mult:f",
    "Filler": "type:s value:f min:f max:f mean:f std:f sparse:i variance_norm:s",
    "Layer": "name:s type:s bottom:s* top:s* phase:s loss_weight:f* param:Param* include:Rule* exclude:Rule* "
    "propagate_down:b* blobs_lr:f* weight_decay:f* blob_share_mode:s* layer:Layer "
    "convolution_param:Convolution pooling_param:Pooling lrn_param:Lrn inner_product_param:InnerProduct "
    "dropout_param:Dropout concat_param:Concat eltwise_param:Eltwise softmax_param:Softmax batch_norm_param:BatchNorm "
    "bn_param:BatchNorm scale_param:Scale bias_param:Bias relu_param:Relu prelu_param:Prelu elu_param:Elu "
    "sigmoid_param:Softmax tanh_param:Softmax power_param:Power exp_param:Power log_param:Power reshape_param:Reshape "
    "flatten_param:Flatten slice_param:Slice crop_param:Crop tile_param:Tile reduction_param:Reduction "
    "argmax_param:ArgMax embed_param:Embed mvn_param:Mvn spp_param:Spp threshold_param:Threshold clip_param:Clip "
    "swish_param:Swish interp_param:Interp upsample_param:Upsample permute_param:Permute norm_param:Normalize "
    "shuffle_channel_param:Shuffle roi_pooling_param:RoiPooling recurrent_param:InnerProduct python_param:Python "
    "input_param:Input data_param:Data image_data_param:Data memory_data_param:Data hdf5_data_param:Data "
    "window_data_param:Data dummy_data_param:DummyData transform_param:Transform loss_param:Loss "
    "accuracy_param:Accuracy hinge_loss_param:Loss infogain_loss_param:Loss contrastive_loss_param:Loss",
    "Convolution": f"num_output:u bias_term:b dilation:u* group:u axis:i force_nd_im2col:b {_WINDOW} {_FILLERS}",
    "Pooling": f"pool:s global_pooling:b round_mode:s ceil_mode:b {_WINDOW}",
    "Lrn": "local_size:u alpha:f beta:f norm_region:s k:f engine:s",
    "InnerProduct": f"num_output:u bias_term:b axis:i transpose:b debug_info:b expose_hidden:b {_FILLERS}",
    "Dropout": "dropout_ratio:f scale_train:b",
    "Concat": "axis:i concat_dim:u",
    "Eltwise": "operation:s coeff:f* stable_prod_grad:b",
    "Softmax": "axis:i engine:s",
    "BatchNorm": "use_global_stats:b moving_average_fraction:f eps:f slope_filler:Filler bias_filler:Filler",
    "Scale": "axis:i num_axes:i filler:Filler bias_term:b bias_filler:Filler",
    "Bias": "axis:i num_axes:i filler:Filler",
    "Relu": "negative_slope:f engine:s",
    "Prelu": "filler:Filler channel_shared:b",
    "Elu": "alpha:f",
    "Power": "power:f scale:f shift:f base:f",
    "Reshape": "shape:Shape axis:i num_axes:i",
    "Flatten": "axis:i end_axis:i",
    "Slice": "axis:i slice_point:u* slice_dim:u",
    "Crop": "axis:i offset:u*",
    "Tile": "axis:i tiles:i",
    "Reduction": "operation:s axis:i coeff:f",
    "ArgMax": "out_max_val:b top_k:u axis:i",
    "Embed": f"num_output:u input_dim:u bias_term:b {_FILLERS}",
    "Mvn": "normalize_variance:b across_channels:b eps:f",
    "Spp": "pyramid_height:u pool:s engine:s",
    "Threshold": "threshold:f",
    "Clip": "min:f max:f",
    "Swish": "beta:f",
    "Interp": "height:i width:i zoom_factor:i shrink_factor:i pad_beg:i pad_end:i",
    "Upsample": "scale:u scale_h:u scale_w:u upsample_h:u upsample_w:u",
    "Permute": "order:u*",
    "Normalize": "across_spatial:b scale_filler:Filler channel_shared:b eps:f",
    "Shuffle": "group:u",
    "RoiPooling": "pooled_h:u pooled_w:u spatial_scale:f",
    "Python": "module:s layer:s param_str:s share_in_parallel:b",
    "Input": "shape:Shape*",
    "Data": "source:s batch_size:u rand_skip:u backend:s scale:f mean_file:s crop_size:u mirror:b prefetch:u "
    "force_encoded_color:b shuffle:b new_height:u new_width:u is_color:b root_folder:s channels:u height:u width:u "
    "fg_threshold:f bg_threshold:f fg_fraction:f context_pad:u crop_mode:s cache_images:b",
    "DummyData": "data_filler:Filler* shape:Shape* num:u* channels:u* height:u* width:u*",
    "Transform": "scale:f mirror:b crop_size:u mean_file:s mean_value:f* force_color:b force_gray:b",
    "Loss": "ignore_label:i normalization:s normalize:b norm:s source:s margin:f legacy_version:b axis:i",
    "Accuracy": "top_k:u axis:i ignore_label:i",
}
"""Fields by message: `name:type`, i int, u unsigned, f float, b bool, s text or enumeration, a message; * repeated."""

_TYPES: Mapping[str, Any] = {"i": 3, "u": 4, "f": 1, "b": 8, "s": 9}
_MESSAGE: Any = 11
_TOKENS = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\#[^\n]*|(:\s*)([A-Za-z_]\w*)""")
LARGEST_FILE = 8 * 2**20


def parsed(text: str, where: str) -> tuple[Any, list[str]]:
    """The network's message, and notes on what was skipped.

    Raises:
        NnfigError: protobuf is missing, or the text breaks the format; with line and column.
    """
    try:
        from google.protobuf import text_format
    except ImportError:
        raise NnfigError("reading .prototxt files needs protobuf", hint="pip install 'nnfig[caffe]'") from None
    quoted = _TOKENS.sub(_quote, text)
    notes: list[str] = []
    try:
        try:
            return text_format.Parse(quoted, _net()()), notes
        except text_format.ParseError as error:
            if "has no field named" not in str(error):
                raise
            line, name = _line(str(error))[0], re.findall(r'named "([^"]*)"', str(error))
            notes.append(
                f"Fields that nnfig does not know are skipped, such as '{name[0] if name else '?'}' in line {line}."
            )
            return text_format.Parse(quoted, _net()(), allow_unknown_field=True), notes
    except text_format.ParseError as error:
        line, column, what = _line(str(error))
        excerpt = _excerpt(text, line, column)
        place = f"{where}:{line}:{column}" if line else where
        raise NnfigError(
            Problem(f"is no network in Caffe's text format: {what}", where=place, excerpt=excerpt)
        ) from None
    except RecursionError:
        raise NnfigError("is nested too deeply", where=where) from None


def _quote(match: re.Match[str]) -> str:
    """Put names of enumerations in quotes, so that they can be read as text."""
    if match[2] is None or match[2] in ("true", "false", "inf", "nan", "t", "f", "True", "False"):
        return match[0]
    return f'{match[1]}"{match[2]}"'


def _line(message: str) -> tuple[int, int, str]:
    found = re.match(r"(\d+):(\d+) : (.*)", message, re.DOTALL)
    if not found:
        return 0, 0, message.splitlines()[0] if message else "it ends too soon"
    what = re.sub(r"^'.*?': ", "", found[3].splitlines()[-1])
    return int(found[1]), int(found[2]), what.replace("nnfig.caffe.", "").rstrip(".")


def _excerpt(text: str, line: int, column: int) -> str:
    lines = text.splitlines()
    if not 0 < line <= len(lines):
        return ""
    return f"{lines[line - 1][:200]}\n{' ' * (min(column, 200) - 1)}^"


@cache
def _net() -> Any:
    """The class of the network's message."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="nnfig/caffe.proto", package="nnfig.caffe", syntax="proto2")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, (field, kind, label) in enumerate(_fields(fields), 1):
            made = message.field.add(name=field, number=number, label=label)
            if kind in _TYPES:
                made.type = _TYPES[kind]
            else:
                made.type, made.type_name = _MESSAGE, f".nnfig.caffe.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("nnfig.caffe.Net"))


def _fields(fields: str) -> Iterator[tuple[str, str, int]]:
    for item in fields.split():
        name, kind = item.split(":")
        yield name, kind.rstrip("*"), 3 if kind.endswith("*") else 1
