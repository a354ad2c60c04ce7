// Trains a network on texts: AdamW, warm-up then a cosine to zero, a fixed number of steps.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "train/network.hpp"
#include "train/text.hpp"

namespace rh::train {

struct TrainOptions {
  NetworkShape shape;
  std::uint64_t seed = 1;
  int steps = 4000;
  int batch = 256;
  double learning_rate = 4e-3;
  double weight_decay = 0.1;  // of the weights, not of biases and embeddings
  double dropout = 0.1;
};

struct Point {
  int step = 0;
  double bits_per_character = 0;  // mean of the training batches since the last point
};

struct Trained {
  Network network;
  std::vector<Point> curve;
};

// Called after each step with the loss of its batch.
using TrainProgress = std::function<void(int step, int steps, double bits_per_character)>;

// Every position of every text is a sample; each pass over them is shuffled anew. Equal options and
// texts give equal weights, bit for bit, on one machine (OpenBLAS picks its kernel by the CPU).
Trained train(std::span<const Text> texts, const TrainOptions& options,
              const TrainProgress& progress = {});

}  // namespace rh::train
