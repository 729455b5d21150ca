"""Whole training steps in TensorFlow, as one graph (tf.function). Images are NHWC: its CPU kernels know nothing else."""

import os

from protocol import ema_decay, learning_rate, momentum, options, serve, weight_decay

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(options.threads)
tf.config.threading.set_inter_op_parallelism_threads(1)


def deepcnn(x, w):
    def conv(x, name):
        return tf.nn.relu(tf.nn.conv2d(x, w[f"{name}/weights"], 1, "SAME") + w[f"{name}/biases"])

    def pool(x):
        return tf.nn.max_pool2d(x, 3, 2, "SAME")

    def lrn(x):
        return tf.nn.local_response_normalization(x, 4, bias=1.0, alpha=0.001 / 9.0, beta=0.75)

    def dense(x, name):
        return x @ w[f"{name}/weights"] + w[f"{name}/biases"]

    x = lrn(pool(conv(x, "conv1")))
    x = pool(lrn(conv(x, "conv2")))
    x = tf.nn.relu(dense(tf.reshape(x, [options.batch, -1]), "local3"))
    return dense(tf.nn.relu(dense(x, "local4")), "softmax_linear")


def speednet(x, w):
    def norm(x, name):
        # The fused kernel knows no epsilon below 1.001e-5, which changes nothing of its cost.
        offset = w[f"{name}/biases"]
        y, mean, variance = tf.compat.v1.nn.fused_batch_norm(x, tf.ones_like(offset), offset, epsilon=1.001e-5)
        for statistic, observed in (("moving_mean", mean), ("moving_variance", variance)):
            w[f"{name}/{statistic}"].assign_sub(0.4 * (w[f"{name}/{statistic}"] - observed))
        return tf.nn.gelu(y, approximate=False)

    x = tf.nn.gelu(tf.nn.conv2d(x, w["whiten/weights"], 1, "VALID") + w["whiten/biases"], approximate=False)
    for group in ("group1", "group2", "group3"):
        x = norm(tf.nn.max_pool2d(tf.nn.conv2d(x, w[f"{group}/conv1/weights"], 1, "SAME"), 2, 2, "VALID"), f"{group}/norm1")
        x = norm(tf.nn.conv2d(x, w[f"{group}/conv2/weights"], 1, "SAME"), f"{group}/norm2")
    features = tf.reshape(tf.nn.max_pool2d(x, 3, 3, "VALID"), [options.batch, -1])
    return features @ w["head/weights"] / features.shape[1]


network = {"deepcnn": deepcnn, "speednet": speednet}[options.network]
state = {}


def is_trained(name):
    return "moving_" not in name and name != "whiten/weights"


@tf.function
def stepping():
    weights, averages, velocities = state["weights"], state["averages"], state["velocities"]
    trained = [name for name in weights if is_trained(name)]
    with tf.GradientTape() as tape:
        logits = network(state["images"], weights)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(state["labels"], logits))
        loss += sum(decay * tf.nn.l2_loss(weights[name]) for name, decay in weight_decay.items())
    for name, gradient in zip(trained, tape.gradient(loss, [weights[name] for name in trained])):
        if options.network == "speednet":
            velocities[name].assign(momentum * velocities[name] + gradient)
            gradient += momentum * velocities[name]
        weights[name].assign_sub(learning_rate * gradient)
    for name, average in averages.items():
        average.assign_sub((1 - ema_decay) * (average - weights[name]))
    return loss


def in_tensorflows_order(name, values):
    """Filters [F, C, h, w] → [h, w, C, F]; the first dense layer's rows from channels first to channels last."""
    if values.ndim == 4:
        return values.transpose(2, 3, 1, 0)
    if name == "local3/weights":
        return values.reshape(64, 6, 6, -1).transpose(1, 2, 0, 3).reshape(values.shape)
    return values


def load(tensors, labels):
    state["images"] = tf.constant(tensors.pop("images").transpose(0, 2, 3, 1))
    state["labels"] = tf.constant(labels)
    arrays = {name: in_tensorflows_order(name, values) for name, values in tensors.items()}
    state["weights"] = {name: tf.Variable(values, trainable=is_trained(name)) for name, values in arrays.items()}
    state["averages"] = {name: tf.Variable(values) for name, values in arrays.items()}
    state["velocities"] = {name: tf.Variable(tf.zeros_like(values)) for name, values in arrays.items()}


serve(load, lambda: float(stepping()))
