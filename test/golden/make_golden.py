"""Writes test/golden/*.golden.json: forward passes as PyTorch computes them, in float64.

    python -m venv v && v/bin/pip install torch==2.15.0 numpy==2.4.6
    v/bin/python test/golden/make_golden.py

Operands are not stored: both sides make them by the same integer hash of (salt, index), see `hashed` here and in
test/fixtures/numbers.ts. A salt is the seed of one tensor. Each file names the versions that made it.
"""

import json
import pathlib
import platform

import numpy as np
import torch
import torch.nn.functional as F

FOLDER = pathlib.Path(__file__).parent
MASK = np.uint64(0xFFFFFFFF)


def words(count, salt):
    h = (np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B1) + np.uint64(salt * 0x85EBCA6B)) & MASK
    h ^= h >> np.uint64(15)
    h = (h * np.uint64(0x2C1B3C6D)) & MASK
    h ^= h >> np.uint64(12)
    h = (h * np.uint64(0x297A2D39)) & MASK
    return h ^ (h >> np.uint64(15))


def hashed(shape, salt, scale):
    """Numbers in [-scale, scale), rounded to float32, held as float64."""
    unit = (words(int(np.prod(shape)), salt) >> np.uint64(8)).astype(np.float64) / 2**23 - 1
    return torch.from_numpy((unit * scale).astype(np.float32).astype(np.float64).reshape(shape))


def hashed_bytes(shape, salt):
    return (words(int(np.prod(shape)), salt) >> np.uint64(24)).astype(np.uint8).reshape(shape)


def short(number):
    """Nine digits name a float32."""
    return float(f"{float(number):.9g}")


def write(name, cases, **more):
    made = {
        "by": "test/golden/make_golden.py",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }
    lines = ",\n".join("    " + json.dumps(case) for case in cases)
    head = "".join(f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in {"made": made, **more}.items())
    (FOLDER / f"{name}.golden.json").write_text("{\n" + head + '  "cases": [\n' + lines + "\n  ]\n}\n")


def case(name, inputs, options, compute):
    """`inputs`: name -> (shape, scale); the salt is the position in the list, mixed with the case's name."""
    described, tensors = {}, []
    for index, (key, (shape, scale)) in enumerate(inputs.items()):
        salt = sum(name.encode()) * 8 + index
        described[key] = {"shape": shape, "salt": salt, "scale": scale}
        tensors.append(hashed(shape, salt, scale))
    output = compute(*tensors)
    return {
        "name": name,
        "options": options,
        "inputs": described,
        "output": {"shape": list(output.shape), "data": [short(v) for v in output.flatten()]},
    }


def same(size, kernel, stride, dilation=1):
    """SAME as TensorFlow's guide on convolutions states it: by the remainder of size and stride."""
    extent = (kernel - 1) * dilation + 1
    total = max(extent - stride, 0) if size % stride == 0 else max(extent - size % stride, 0)
    return total // 2, total - total // 2


def padded(x, padding, kernel, strides, dilations, value):
    if padding == "valid":
        return x
    if padding == "same":
        (top, bottom), (left, right) = (
            same(x.shape[2 + i], kernel[i], strides[i], dilations[i]) for i in (0, 1)
        )
    else:
        top, left, bottom, right = padding
    return F.pad(x, (left, right, top, bottom), value=value)


def convolution(name, x, w, bias=False, strides=(1, 1), padding="valid", dilations=(1, 1), groups=1):
    options = {"strides": strides, "padding": padding, "dilations": dilations, "groups": groups}
    inputs = {"x": (x, 2), "weights": (w, 1)}
    if bias:
        inputs["bias"] = ([w[0]], 1)

    def compute(images, weights, biases=None):
        images = padded(images, padding, w[2:], strides, dilations, 0)
        return F.conv2d(images, weights, biases, strides, 0, dilations, groups)

    return case(name, inputs, options, compute)


def pooling(name, x, kernel, strides, padding="valid"):
    options = {"kernel": kernel, "strides": strides, "padding": padding}
    return case(
        name,
        {"x": (x, 2)},
        options,
        lambda images: F.max_pool2d(
            padded(images, padding, kernel, strides, (1, 1), float("-inf")), kernel, strides
        ),
    )


def pooling_gradient(name, x, kernel, strides, padding="valid"):
    """Towards relu(x - 1), three quarters of which are 0: many windows have several largest elements."""
    options = {"kernel": kernel, "strides": strides, "padding": padding}
    height, width = (
        -(-size // stride) if padding == "same" else (size - window) // stride + 1
        for size, window, stride in zip(x[2:], kernel, strides)
    )

    def compute(images, weights):
        rectified = F.relu(images - 1).requires_grad_()
        y = F.max_pool2d(padded(rectified, padding, kernel, strides, (1, 1), float("-inf")), kernel, strides)
        return torch.autograd.grad((y * weights).sum(), rectified)[0]

    return case(name, {"x": (x, 2), "weights": ([*x[:2], height, width], 1)}, options, compute)


def batch_norm(name, x, result, scale=True, epsilon=1e-5):
    """`result`: y, the gradient of a weighted sum of y towards x, or mean and unbiased variance, [2, channels]."""
    channels = [x[1]]
    inputs = {"x": (x, 3), "bias": (channels, 1), "weights": (x, 1)}
    if scale:
        inputs["scale"] = (channels, 2)

    def compute(images, bias, weights, factor=None):
        mean, variance = torch.zeros(channels, dtype=torch.float64), torch.zeros(channels, dtype=torch.float64)
        images.requires_grad_()
        y = F.batch_norm(images, mean, variance, factor, bias, training=True, momentum=1, eps=epsilon)
        gradient = torch.autograd.grad((y * weights).sum(), images)[0]
        return {"y": y.detach(), "gradient": gradient, "statistics": torch.stack([mean, variance])}[result]

    return case(name, inputs, {"epsilon": epsilon, "result": result}, compute)


def normalise(name, x, epsilon=1e-3):
    channels = [x[1]]
    inputs = {"x": (x, 3), "mean": (channels, 1), "root": (channels, 2), "bias": (channels, 1), "scale": (channels, 2)}
    return case(
        name,
        inputs,
        {"epsilon": epsilon},
        # A variance is no negative number: the square of the operand.
        lambda v, mean, root, bias, scale: F.batch_norm(v, mean, root * root, scale, bias, eps=epsilon),
    )


def reflect_pad(name, x, sides):
    top, left, bottom, right = sides
    return case(name, {"x": (x, 2)}, {"sides": sides}, lambda v: F.pad(v, (left, right, top, bottom), mode="reflect"))


def normalisation(name, x, size, alpha, beta, bias):
    options = {"size": size, "alpha": alpha, "beta": beta, "bias": bias}
    return case(name, {"x": (x, 3)}, options, lambda v: F.local_response_norm(v, size, alpha, beta, bias))


def entropy(name, labels, smoothing):
    options = {"labels": labels, "labelSmoothing": smoothing}
    return case(
        name,
        {"logits": ([len(labels), 5], 8)},
        options,
        lambda v: F.cross_entropy(v, torch.tensor(labels), label_smoothing=smoothing),
    )


def standardised(pixels):
    """(x - mean) / max(sigma, 1 / sqrt(n)) over one image, as tf.image.per_image_standardization documents it."""
    x = pixels.astype(np.float64)
    return (x - x.mean()) / max(x.std(), 1 / np.sqrt(x.size))


def standardisation(name, kind, salt):
    """A frame of 9 x 8 whose centre crop of 4 x 5 has odd rests on both axes."""
    frame = hashed_bytes([9, 8, 3], salt)
    if kind == "constant":
        frame = np.full_like(frame, 77)
    elif kind == "nearly constant":
        # One value of 60 that differs by 1: sigma 0.128 against 1 / sqrt(60) = 0.129.
        frame = np.full_like(frame, 100)
        frame[3, 2, 1] = 101
    crop = frame[2:6, 1:6]
    output = standardised(crop).transpose(2, 0, 1)
    return {
        "name": name,
        "frame": frame.flatten().tolist(),
        "output": {"shape": list(output.shape), "data": [short(v) for v in output.flatten()]},
    }


def locally_connected(name, x, kernel, filters, padding="valid", bias=False):
    """torch.nn.functional.unfold lists a window channel by channel; kiln's rows are kernel row, column, channel."""
    channels, (height, width) = x[1], (s if padding == "same" else s - k + 1 for s, k in zip(x[2:], kernel))
    window = kernel[0] * kernel[1] * channels
    inputs = {"x": (x, 2), "weights": ([height * width, window, filters], 1)}
    if bias:
        inputs["bias"] = ([filters, height, width], 1)

    def compute(images, weights, biases=None):
        patches = F.unfold(padded(images, padding, kernel, (1, 1), (1, 1), 0), kernel)  # [B, C*kh*kw, P]
        patches = patches.unflatten(1, (channels, -1)).transpose(1, 2).flatten(1, 2)  # [B, kh*kw*C, P]
        answers = torch.einsum("bkp,pkf->bfp", patches, weights).unflatten(2, (height, width))
        return answers if biases is None else answers + biases

    return case(name, inputs, {"kernel": kernel, "padding": padding}, compute)


def lrn(v):
    return F.local_response_norm(v, 9, 0.001, 0.75, 1)


def pool(v):
    return F.max_pool2d(padded(v, "same", (3, 3), (2, 2), (1, 1), float("-inf")), (3, 3), (2, 2))


def deepcnn():
    """The tutorial's network, written out once more, on two frames of 32 x 32 bytes."""
    described = {}
    weights = {}
    layers = {
        "conv1": ([64, 3, 5, 5], 0.2, 0.1),
        "conv2": ([64, 64, 5, 5], 0.05, 0.1),
        "local3": ([2304, 384], 0.04, 0.1),
        "local4": ([384, 192], 0.1, 0.1),
        "softmax_linear": ([192, 10], 0.2, 0.1),
    }
    for layer, (shape, scale, bias_scale) in layers.items():
        units = shape[0] if layer.startswith("conv") else shape[1]
        for part, size, factor in (("weights", shape, scale), ("biases", [units], bias_scale)):
            name = f"{layer}/{part}"
            described[name] = {"shape": size, "salt": len(described) + 1, "scale": factor}
            weights[name] = hashed(**described[name])

    def conv(v, layer):
        return F.relu(F.conv2d(v, weights[f"{layer}/weights"], weights[f"{layer}/biases"], padding=2))

    def dense(v, layer):
        return v @ weights[f"{layer}/weights"] + weights[f"{layer}/biases"]

    salt = 99
    frames = hashed_bytes([2, 32, 32, 3], salt)
    images = np.stack([standardised(frame[4:28, 4:28]) for frame in frames]).transpose(0, 3, 1, 2)
    v = lrn(pool(conv(torch.from_numpy(images.copy()), "conv1")))
    v = pool(lrn(conv(v, "conv2"))).flatten(1)
    logits = dense(F.relu(dense(F.relu(dense(v, "local3")), "local4")), "softmax_linear")
    results = [("logits", logits), ("probabilities", torch.softmax(logits, 1))]
    cases = [
        {"name": name, "output": {"shape": list(value.shape), "data": [short(x) for x in value.flatten()]}}
        for name, value in results
    ]
    write("deepcnn", cases, images={"shape": [2, 32, 32, 3], "salt": salt}, parameters=described)


write(
    "convolution",
    [
        convolution("plain", [1, 2, 5, 4], [3, 2, 3, 3]),
        convolution("bias", [2, 1, 4, 4], [2, 1, 2, 3], bias=True),
        convolution("stride", [1, 2, 7, 6], [2, 2, 3, 3], strides=(2, 3)),
        convolution("padding on each side apart", [1, 2, 4, 4], [2, 2, 3, 3], padding=(1, 2, 0, 1)),
        convolution("same, stride 1", [1, 2, 5, 4], [2, 2, 5, 5], padding="same"),
        convolution("same, stride 2, even size", [1, 2, 6, 8], [2, 2, 3, 3], strides=(2, 2), padding="same"),
        convolution("same, stride 2, odd size", [1, 2, 7, 5], [2, 2, 3, 3], strides=(2, 2), padding="same"),
        convolution("same, even kernel", [1, 2, 5, 6], [2, 2, 4, 2], padding="same"),
        convolution("same, dilated", [1, 1, 8, 7], [1, 1, 3, 3], dilations=(2, 3), padding="same"),
        convolution("dilation", [1, 2, 7, 6], [2, 2, 3, 2], dilations=(2, 3)),
        convolution("groups", [1, 4, 4, 5], [6, 2, 3, 3], groups=2),
        convolution("one group a channel", [1, 3, 5, 5], [3, 1, 3, 3], groups=3),
        convolution(
            "everything at once",
            [2, 4, 9, 8],
            [4, 2, 3, 2],
            bias=True,
            strides=(2, 3),
            padding=(2, 0, 1, 3),
            dilations=(1, 2),
            groups=2,
        ),
    ],
)
write(
    "pooling",
    [
        pooling("overlapping", [1, 2, 7, 7], (3, 3), (2, 2)),
        pooling("same, even size", [1, 2, 6, 8], (3, 3), (2, 2), "same"),
        pooling("same, odd size", [1, 2, 7, 5], (3, 3), (2, 2), "same"),
        pooling("padding on each side apart", [1, 2, 5, 6], (3, 4), (2, 3), (1, 2, 0, 1)),
        pooling("rows skipped between windows", [1, 1, 8, 8], (2, 2), (3, 3)),
    ],
)
write(
    "pooling-gradient",
    [
        pooling_gradient("side by side", [2, 3, 8, 6], (2, 2), (2, 2)),
        pooling_gradient("side by side, rows and columns left over", [2, 3, 7, 9], (2, 2), (2, 2)),
        pooling_gradient("side by side, windows of 3 by 2", [2, 2, 9, 8], (3, 2), (3, 2)),
        pooling_gradient("side by side, rows longer than 32", [1, 2, 4, 40], (2, 2), (2, 2)),
        pooling_gradient("overlapping", [2, 2, 9, 7], (3, 3), (2, 2)),
        pooling_gradient("overlapping, same", [2, 2, 8, 8], (3, 3), (2, 2), "same"),
    ],
)
write(
    "gelu",
    [
        case("gelu", {"x": ([4, 16], 3)}, {}, F.gelu),
        case("gelu, far from zero", {"x": ([4, 16], 40)}, {}, F.gelu),
    ],
)
write(
    "batch-norm",
    [
        batch_norm("answers", [4, 3, 3, 2], "y"),
        batch_norm("answers, no scale", [4, 3, 3, 2], "y", scale=False, epsilon=1e-12),
        batch_norm("answers, large epsilon", [3, 2, 2, 2], "y", epsilon=0.5),
        batch_norm("gradient", [4, 3, 3, 2], "gradient"),
        batch_norm("gradient, no scale", [4, 3, 3, 2], "gradient", scale=False, epsilon=1e-12),
        batch_norm("mean and unbiased variance", [4, 3, 3, 2], "statistics"),
    ],
)
write("normalise", [normalise("given statistics", [2, 3, 3, 2])])
write(
    "reflect-pad",
    [
        reflect_pad("one on each side", [1, 2, 3, 4], (1, 1, 1, 1)),
        reflect_pad("each side its own", [2, 1, 4, 3], (3, 0, 1, 2)),
    ],
)
write(
    "normalisation",
    [
        normalisation("the tutorial's", [1, 12, 2, 2], 9, 0.001, 0.75, 1),
        normalisation("strong, beta 0.75", [1, 12, 2, 2], 5, 2.5, 0.75, 0.5),
        normalisation("beta 0.5", [1, 7, 2, 3], 3, 1.5, 0.5, 2),
        normalisation("window wider than the channels", [2, 3, 2, 2], 9, 1, 0.75, 1),
    ],
)
write(
    "locally-connected",
    [
        locally_connected("plain", [2, 3, 4, 5], (3, 2), 2),
        locally_connected("same, with a bias for each place", [2, 2, 3, 4], (3, 3), 3, "same", bias=True),
        locally_connected("one place", [1, 2, 3, 3], (3, 3), 4),
    ],
)
write(
    "dense",
    [
        case("dense", {"x": ([3, 5], 2), "weights": ([5, 4], 1), "bias": ([4], 1)}, {}, lambda x, w, b: x @ w + b),
    ],
)
write(
    "softmax",
    [
        case("last axis", {"x": ([3, 6], 4)}, {"axis": -1}, lambda x: torch.softmax(x, -1)),
        case("inner axis", {"x": ([2, 4, 2, 2], 4)}, {"axis": 1}, lambda x: torch.softmax(x, 1)),
        case("numbers whose exponential overflows", {"x": ([2, 5], 300)}, {"axis": 1}, lambda x: torch.softmax(x, 1)),
    ],
)
write(
    "log-softmax",
    [
        case("last axis", {"x": ([3, 6], 4)}, {"axis": -1}, lambda x: torch.log_softmax(x, -1)),
        case("inner axis", {"x": ([2, 4, 2, 2], 4)}, {"axis": 1}, lambda x: torch.log_softmax(x, 1)),
        case("numbers whose exponential overflows", {"x": ([2, 5], 300)}, {"axis": 1}, lambda x: torch.log_softmax(x, 1)),
    ],
)
write(
    "cross-entropy",
    [
        entropy("exact labels", [0, 4, 2, 2], 0),
        entropy("smoothing 0.1", [1, 3, 0], 0.1),
        entropy("smoothing 0.5", [4, 4], 0.5),
    ],
)
write(
    "standardisation",
    [
        standardisation("noise", "noise", 5),
        standardisation("one colour: sigma 0", "constant", 6),
        standardisation("sigma below 1 / sqrt(n)", "nearly constant", 9),
    ],
)
deepcnn()
