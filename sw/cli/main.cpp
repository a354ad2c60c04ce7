// roundhouse: the program. Docs: docs/cli.md.
#include <charconv>
#include <csignal>
#include <exception>
#include <iostream>
#include <new>

#include "cli/commands.hpp"
#include "engine/engine.hpp"
#include "learn/trainer.hpp"
#include "number/format_text.hpp"
#include "tensor/input_error.hpp"

namespace rh::cli {

constexpr int kBadUsage = 2;
constexpr int kInternal = 3;

// CLI11 alone takes -1 for 2^64 - 1.
std::string whole_number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole ? "" : text + " is not a whole number in 0..18446744073709551615";
}

void add_common(CLI::App& sub, Common& common) {
  sub.add_option("--json", common.json, "write a machine-readable report")->type_name("FILE");
  sub.add_option("--seed", common.seed, "of every random choice; recorded in the report")
      ->check(whole_number)
      ->type_name("N")
      ->capture_default_str();
  sub.add_flag("--quiet", common.quiet, "print only mismatches and errors");
}

void check_output() {
  if (!std::cout.flush()) throw InputError("standard output: cannot be written");
}

int run(int argc, char** argv) {
  CLI::App app{
      "Roundhouse: quantised tensors and matrix products, in a golden model and in RTL, bit for "
      "bit.",
      "roundhouse"};
  app.set_version_flag("--version",
                       std::string("roundhouse ") + kVersion + ", contract " + kContractVersion);
  app.require_subcommand(0, 1);  // none is looked for below: the message of CLI11 hides others
  app.footer(
      "Examples:\n"
      "  roundhouse convert X.npy --format int8 -o Y.npy\n"
      "  roundhouse convert X.npy --format fast4-sr --seed 7 -o Y.npy\n"
      "  roundhouse gemm A.npy B.npy --format int8 -o C.npy --engine rtl\n"
      "  roundhouse gemm A.npy B.npy --format-a fast2 --format-b fast4 -o C.npy\n"
      "  roundhouse compare A.npy B.npy --format int8\n"
      "  roundhouse compare --help\n"
      "Exit codes: 0 fine, 1 mismatch, 2 bad usage or input, 3 internal error.");
  Common common{{argv, argv + argc}, {}, 0, false, {}};
  add_convert(app, common);
  add_gemm(app, common);
  add_compare(app, common);
  add_formats(app, common);
  add_arrays(app, common);
  add_cycles(app, common);
  add_study(app, common);
  add_train(app, common);
  add_regress(app, common);
  add_merge(app, common);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error) == 0 ? 0 : kBadUsage;
    if (code == 0) check_output();  // the help
    return code;
  }
  if (!common.run) throw InputError("a subcommand is required; roundhouse --help lists them");
  const int code = common.run();
  check_output();
  return code;
}

}  // namespace rh::cli

int main(int argc, char** argv) {
  const auto fail = [](const char* kind, const char* what, int code) {
    std::cerr << "roundhouse: " << kind << what << "\n";
    return code;
  };
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond `ulimit -f`: write() says so
  try {
    return rh::cli::run(argc, argv);
  } catch (const rh::InputError& error) {
    return fail("", error.what(), rh::cli::kBadUsage);
  } catch (const rh::FormatError& error) {
    return fail("", error.what(), rh::cli::kBadUsage);
  } catch (const rh::EngineError& error) {
    return fail("", error.what(), rh::cli::kBadUsage);
  } catch (const rh::learn::TrainingError& error) {
    return fail("", error.what(), rh::cli::kBadUsage);
  } catch (const std::bad_alloc&) {
    return fail("", "not enough memory for this input", rh::cli::kBadUsage);
  } catch (const std::exception& error) {
    return fail("internal error: ", error.what(), rh::cli::kInternal);
  }
}
