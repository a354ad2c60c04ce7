// Input: the bytes of a table of layers.
//
// Accepted: names and numbers within their limits, at most 2^62 MACs a layer, lines in order; and
// the layers, printed as a table of products, read back as the same.
#include "cli/layers.hpp"
#include "fuzz/fuzz.hpp"
#include "tensor/npy_header.hpp"

RH_FUZZ(const std::uint8_t* data, std::size_t size) {
  using namespace rh;
  using cli::Layer;
  const fuzz::Input input(data, size);
  const fuzz::MemoryFile stored(input.rest());
  const std::string path = stored.path();
  std::vector<Layer> layers;
  try {
    layers = cli::read_layers(path);
  } catch (const InputError& error) {
    fuzz::check_refusal(error.what(), path + ": ");
    fuzz::require(std::string_view(error.what()).find("; ") != std::string_view::npos,
                  "no limit in '" + std::string(error.what()) + "'");
    return 0;
  }
  fuzz::require(!layers.empty(), "no layers");
  std::string table = "kind,name,count,batch,m,k,n\n";
  bool printable = true;  // a lowered convolution can be longer than a number of a table
  std::int64_t line = 1;
  for (const Layer& layer : layers) {
    fuzz::require(layer.line > line, "lines are not in order");
    line = layer.line;
    fuzz::require(!layer.name.empty() && layer.name.size() <= 40, "a name's length");
    unsigned __int128 macs = 1;
    for (const std::int64_t factor : {layer.count, layer.batch, layer.m, layer.k, layer.n}) {
      fuzz::require(factor >= 1, "a number below 1");
      macs *= static_cast<std::uint64_t>(factor);
      fuzz::require(macs <= static_cast<std::uint64_t>(cli::kMaxTotal), "more than 2^62 MACs");
      printable = printable && factor <= cli::kMaxExtent;
    }
    table += "gemm," + layer.name;
    for (const std::int64_t factor : {layer.count, layer.batch, layer.m, layer.k, layer.n})
      table += "," + std::to_string(factor);
    table += "\n";
  }
  if (!printable || table.size() > 1 << 20) return 0;
  const fuzz::MemoryFile printed(table);
  const std::vector<Layer> again = cli::read_layers(printed.path());
  fuzz::require(again.size() == layers.size(), "read back: rows");
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Layer &a = layers[i], &b = again[i];
    fuzz::require(a.name == b.name && a.count == b.count && a.batch == b.batch && a.m == b.m &&
                      a.k == b.k && a.n == b.n,
                  "read back: layer " + std::to_string(i));
  }
  return 0;
}
