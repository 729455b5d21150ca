"""Triton with its Python backend, by nvidia-pytriton: dynamic batching, pictures decoded in Python, and raw tensors."""

import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

from classifier import PORT, WORKERS, classify, decode, labels_of, open_session


def pictures_to_probabilities(session):
    @batch
    def infer(picture):  # bytes [batch, 1]
        images = np.stack([decode(bytes(row[0])) for row in picture])
        return {"probabilities": classify(session, images)}

    return infer


def tensors_to_probabilities(session):
    @batch
    def infer(images):  # uint8 [batch, 32, 32, 3]
        return {"probabilities": classify(session, images)}

    return infer


def main() -> None:
    sessions = [open_session() for _ in range(WORKERS)]
    labels = labels_of(sessions[0])
    outputs = [Tensor(name="probabilities", dtype=np.float32, shape=(len(labels),))]
    config = ModelConfig(max_batch_size=32, batcher=DynamicBatcher(max_queue_delay_microseconds=0))
    settings = TritonConfig(http_address="127.0.0.1", http_port=PORT, allow_grpc=False, allow_metrics=False, log_verbose=0)
    with Triton(config=settings) as triton:
        triton.bind(
            model_name="pictures",
            infer_func=[pictures_to_probabilities(session) for session in sessions],
            inputs=[Tensor(name="picture", dtype=bytes, shape=(1,))],
            outputs=outputs,
            config=config,
        )
        triton.bind(
            model_name="tensors",
            infer_func=[tensors_to_probabilities(session) for session in sessions],
            inputs=[Tensor(name="images", dtype=np.uint8, shape=(32, 32, 3))],
            outputs=outputs,
            config=config,
        )
        triton.serve()


if __name__ == "__main__":
    main()
