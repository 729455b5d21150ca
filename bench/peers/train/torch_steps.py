"""Whole training steps in PyTorch: eager, or compiled by torch.compile with --compiled."""

import numpy
import torch
import torch.nn.functional as F

from protocol import ema_decay, learning_rate, momentum, options, serve, weight_decay

torch.set_num_threads(options.threads)
layout = torch.channels_last  # oneDNN's convolutions are quickest so


def deepcnn(x, w):
    def conv(x, name):
        return F.relu(F.conv2d(x, w[f"{name}/weights"], w[f"{name}/biases"], padding=2))

    def pool(x):
        return F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=float("-inf")), 3, 2)

    def lrn(x):
        return F.local_response_norm(x, size=9, alpha=0.001, beta=0.75, k=1.0)

    def dense(x, name):
        return x @ w[f"{name}/weights"] + w[f"{name}/biases"]

    x = lrn(pool(conv(x, "conv1")))
    x = pool(lrn(conv(x, "conv2")))
    x = F.relu(dense(x.flatten(1), "local3"))
    return dense(F.relu(dense(x, "local4")), "softmax_linear")


def speednet(x, w):
    def norm(x, name):
        statistics = w[f"{name}/moving_mean"], w[f"{name}/moving_variance"]
        return F.gelu(F.batch_norm(x, *statistics, None, w[f"{name}/biases"], True, 0.4, 1e-12))

    x = F.gelu(F.conv2d(x, w["whiten/weights"], w["whiten/biases"]))
    for group in ("group1", "group2", "group3"):
        x = norm(F.max_pool2d(F.conv2d(x, w[f"{group}/conv1/weights"], padding=1), 2), f"{group}/norm1")
        x = norm(F.conv2d(x, w[f"{group}/conv2/weights"], padding=1), f"{group}/norm2")
    features = F.max_pool2d(x, 3).flatten(1)
    return features @ w["head/weights"] / features.size(1)


network = {"deepcnn": deepcnn, "speednet": speednet}[options.network]


def loss_of(images, labels, weights):
    loss = F.cross_entropy(network(images, weights), labels)
    for name, decay in weight_decay.items():
        loss = loss + decay / 2 * weights[name].square().sum()
    return loss


def is_trained(name):
    return "moving_" not in name and name != "whiten/weights"


def stepping(images, labels, weights, averages, velocities):
    trained = [name for name in weights if is_trained(name)]
    loss = loss_of(images, labels, weights)
    gradients = torch.autograd.grad(loss, [weights[name] for name in trained])
    with torch.no_grad():
        values = [weights[name] for name in trained]
        if options.network == "speednet":
            moving = [velocities[name] for name in trained]
            torch._foreach_mul_(moving, momentum)
            torch._foreach_add_(moving, gradients)
            gradients = torch._foreach_add(gradients, moving, alpha=momentum)
        torch._foreach_add_(values, gradients, alpha=-learning_rate)
        torch._foreach_lerp_([averages[name] for name in weights], list(weights.values()), 1 - ema_decay)
    return loss


if options.compiled:
    stepping = torch.compile(stepping)

state = {}


def load(tensors, labels):
    state["images"] = torch.from_numpy(tensors.pop("images")).contiguous(memory_format=layout)
    state["labels"] = torch.from_numpy(labels).long()
    weights = {name: torch.from_numpy(values) for name, values in tensors.items()}
    for name, values in weights.items():
        if values.dim() == 4:
            weights[name] = values.contiguous(memory_format=layout)
        weights[name].requires_grad_(is_trained(name))
    state["weights"] = weights
    state["averages"] = {name: values.detach().clone() for name, values in weights.items()}
    state["velocities"] = {name: torch.zeros_like(values) for name, values in weights.items()}


def step():
    return stepping(*(state[key] for key in ("images", "labels", "weights", "averages", "velocities"))).item()


def differentiate():
    weights = state["weights"]
    kept = {name: values.clone() for name, values in weights.items() if "moving_" in name}
    trained = [name for name in weights if is_trained(name)]
    loss = loss_of(state["images"], state["labels"], weights)
    gradients = torch.autograd.grad(loss, [weights[name] for name in trained])
    for name, values in kept.items():
        weights[name].copy_(values)
    return loss.item(), {name: g.contiguous().numpy() for name, g in zip(trained, gradients)}


serve(load, step, differentiate)
