"""Whole training steps in JAX, as one jitted function. Images are NHWC, which XLA's CPU convolutions prefer."""

import os

from protocol import ema_decay, learning_rate, momentum, options, serve, weight_decay

os.environ["JAX_PLATFORMS"] = "cpu"
# XLA takes as many threads as the process may use.
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
import jax
import jax.numpy as jnp
from jax import lax

dimensions = ("NHWC", "HWIO", "NHWC")


def conv(x, weights, padding="SAME"):
    return lax.conv_general_dilated(x, weights, (1, 1), padding, dimension_numbers=dimensions)


def max_pool(x, size, stride, padding):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, size, size, 1), (1, stride, stride, 1), padding)


def deepcnn(x, w):
    def lrn(x):
        sums = lax.reduce_window(x * x, 0.0, lax.add, (1, 1, 1, 9), (1, 1, 1, 1), "SAME")
        return x / (1 + 0.001 / 9 * sums) ** 0.75

    def dense(x, name):
        return x @ w[f"{name}/weights"] + w[f"{name}/biases"]

    def layer(x, name):
        return jax.nn.relu(conv(x, w[f"{name}/weights"]) + w[f"{name}/biases"])

    x = lrn(max_pool(layer(x, "conv1"), 3, 2, "SAME"))
    x = max_pool(lrn(layer(x, "conv2")), 3, 2, "SAME")
    x = jax.nn.relu(dense(x.reshape(options.batch, -1), "local3"))
    return dense(jax.nn.relu(dense(x, "local4")), "softmax_linear"), {}


def speednet(x, w):
    observed = {}

    def norm(x, name):
        mean = x.mean((0, 1, 2))
        variance = ((x - mean) ** 2).mean((0, 1, 2))
        count = x.size // x.shape[-1]
        observed[f"{name}/moving_mean"] = mean
        observed[f"{name}/moving_variance"] = variance * (count / (count - 1))  # unbiased, as kiln's
        return jax.nn.gelu((x - mean) * lax.rsqrt(variance + 1e-12) + w[f"{name}/biases"], approximate=False)

    x = jax.nn.gelu(conv(x, w["whiten/weights"], "VALID") + w["whiten/biases"], approximate=False)
    for group in ("group1", "group2", "group3"):
        x = norm(max_pool(conv(x, w[f"{group}/conv1/weights"]), 2, 2, "VALID"), f"{group}/norm1")
        x = norm(conv(x, w[f"{group}/conv2/weights"]), f"{group}/norm2")
    features = max_pool(x, 3, 3, "VALID").reshape(options.batch, -1)
    return features @ w["head/weights"] / features.shape[1], observed


network = {"deepcnn": deepcnn, "speednet": speednet}[options.network]


def is_trained(name):
    return "moving_" not in name and name != "whiten/weights"


def loss_of(trained, fixed, images, labels):
    weights = {**trained, **fixed}
    logits, observed = network(images, weights)
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1)
    decayed = sum(decay / 2 * (weights[name] ** 2).sum() for name, decay in weight_decay.items())
    return -chosen.mean() + decayed, observed


@jax.jit
def stepping(trained, fixed, averages, velocities, images, labels):
    (loss, observed), gradients = jax.value_and_grad(loss_of, has_aux=True)(trained, fixed, images, labels)
    if options.network == "speednet":
        velocities = jax.tree.map(lambda v, g: momentum * v + g, velocities, gradients)
        gradients = jax.tree.map(lambda g, v: g + momentum * v, gradients, velocities)
    trained = jax.tree.map(lambda w, g: w - learning_rate * g, trained, gradients)
    fixed = {name: w - 0.4 * (w - observed[name]) if name in observed else w for name, w in fixed.items()}
    averages = jax.tree.map(lambda a, w: a - (1 - ema_decay) * (a - w), averages, {**trained, **fixed})
    return loss, trained, fixed, averages, velocities


state = {}


def in_nhwc(name, values):
    """Filters [F, C, h, w] → [h, w, C, F]; the first dense layer's rows from channels first to channels last."""
    if values.ndim == 4:
        return values.transpose(2, 3, 1, 0)
    if name == "local3/weights":
        return values.reshape(64, 6, 6, -1).transpose(1, 2, 0, 3).reshape(values.shape)
    return values


def load(tensors, labels):
    state["batch"] = jnp.asarray(tensors.pop("images").transpose(0, 2, 3, 1)), jnp.asarray(labels)
    arrays = {name: jnp.asarray(in_nhwc(name, values)) for name, values in tensors.items()}
    trained = {name: values for name, values in arrays.items() if is_trained(name)}
    fixed = {name: values for name, values in arrays.items() if not is_trained(name)}
    state["state"] = trained, fixed, dict(arrays), jax.tree.map(jnp.zeros_like, trained)


def step():
    loss, *state["state"] = stepping(*state["state"], *state["batch"])
    jax.block_until_ready(state["state"])
    return float(loss)


serve(load, step)
