// TEST RATIONALE. What a disk, a limit, a pipe or another user does to the program. State space:
// every subcommand that writes x every call of it to the system that can fail (open, write, fsync,
// close, rename), each in its turn, by a preloaded library (plugin/io_fault.cpp); disks of every
// size from nothing to enough, where the user may mount one; /dev/full; every kind of file that is
// no regular one in the place of every input; files that end, or cannot be read, at every read.
// After each refusal: exit code 2, one line, and every file with the bytes that it had. Dies with
// outputs that are renamed before the last one is stored, with a result of write() that is not
// looked at, with a temporary file that stays, with a text that is taken for empty because it
// cannot be opened, with help that exits 0 on a full disk.
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <map>

#include "bench/catch.hpp"
#include "cli/program.hpp"

namespace rh {
namespace {

using bench::Program;
using bench::Ran;

using Contents = std::map<std::string, std::string>;  // of every file, by its path

Contents snapshot(const Program& program) {
  Contents contents;
  const std::filesystem::path work = program / "";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(work))
    contents[entry.path().lexically_relative(work).string()] =
        std::filesystem::is_regular_file(entry.symlink_status())
            ? bench::contents(entry.path().string())
            : "";
  return contents;
}

struct Command {
  std::string arguments;
  std::vector<std::string> outputs;
};

const std::vector<Command> kCommands = {
    {"convert X.npy --format int8 -o Y.npy --codes Q.npy --scales S.npy --json r.json",
     {"Y.npy", "Q.npy", "S.npy", "r.json"}},
    {"convert X.npy --format fast4-sr -o Y.npy --codes Q.npy --exponents E.npy --flags F.npy",
     {"Y.npy", "Q.npy", "E.npy", "F.npy"}},
    {"gemm A.npy B.npy --format fast4 -o C.npy --json r.json", {"C.npy", "r.json"}},
    {"compare A.npy B.npy --format int8 --engines golden,golden --json r.json", {"r.json"}},
    {"formats --json r.json", {"r.json"}},
    {"formats fast4 --json r.json", {"r.json"}},
    {"arrays --json r.json", {"r.json"}},
    {"cycles L.csv --format fast4 --json r.json", {"r.json"}},
};

void put_inputs(Program& program) {
  program.floats("X.npy", {3, 5, 7});
  program.floats("A.npy", {20, 3});
  program.floats("B.npy", {3, 20});
  bench::put(program / "L.csv", "kind,name,m,k,n\ngemm,fc,16,512,1000\n");
}

// With the library before it, counting calls on files whose path holds `file`.
class Interposed {
 public:
  Interposed(Program& program, const std::string& file) : program_(program), file_(file) {}

  // Whether the call was reached.
  bool run(const std::string& arguments, const std::string& call, int at, int error) {
    const std::string fired = program_.home() + "fired";
    std::filesystem::remove(fired);
    const std::string library = bench::build_directory() / "test/cli_io.so";
    program_.set_before("LD_PRELOAD=" + library + " RH_IO=" + call + ":" + std::to_string(at) +
                        ":" + std::to_string(error) + " RH_IO_FILE=" + file_ +
                        " RH_IO_FIRED=" + fired);
    ran = program_(arguments);
    program_.set_before("");
    return std::filesystem::exists(fired);
  }

  Ran ran;

 private:
  Program& program_;
  std::string file_;
};

bool one_line(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n') == 1 && text.ends_with('\n');
}

// The program's refusal of one of its outputs.
bool names_output(const std::string& err, const Command& command, int error) {
  const std::string why =
      std::string(": cannot be written: ") + std::strerror(error) + "; the file is unchanged\n";
  return std::any_of(command.outputs.begin(), command.outputs.end(),
                     [&](const std::string& name) { return err == "roundhouse: " + name + why; });
}

TEST_CASE("cli: a call that fails while outputs are written leaves every file as it was",
          "[cli][exhaustive]") {
  for (const Command& command : kCommands) {
    Program program;
    put_inputs(program);
    bench::put(program / command.outputs.front(), "before");
    const Contents before = snapshot(program);
    Interposed interposed(program, "/work/.");
    const auto outputs = static_cast<int>(command.outputs.size());
    for (const auto& [call, error] : std::vector<std::pair<std::string, int>>{{"open", EACCES},
                                                                              {"write", ENOSPC},
                                                                              {"fsync", EIO},
                                                                              {"close", EDQUOT},
                                                                              {"rename", EPERM}}) {
      int at = 1;
      for (; interposed.run(command.arguments, call, at, error); ++at) {
        INFO(command.arguments << "; " << call << " number " << at << "; " << interposed.ran.err);
        CHECK(interposed.ran.code == 2);
        CHECK(names_output(interposed.ran.err, command, error));
        const Contents after = snapshot(program);
        if (call == "rename" && at > 1) {  // those before it have their names, and are whole
          for (const auto& [name, bytes] : after) {
            const auto was = before.find(name);
            CHECK((was == before.end() ? !name.starts_with(".") : true));
            CHECK(!bytes.empty());
          }
          for (const std::string& name : command.outputs) std::filesystem::remove(program / name);
          bench::put(program / command.outputs.front(), "before");
        }
        CHECK(snapshot(program) == before);
      }
      INFO(command.arguments << "; " << call);
      CHECK(at > outputs);              // each of them was made to fail
      CHECK(interposed.ran.code == 0);  // and none is left to fail
      for (const std::string& name : command.outputs) std::filesystem::remove(program / name);
      bench::put(program / command.outputs.front(), "before");
    }
  }
}

TEST_CASE("cli: a write that takes a part of the bytes goes on with the rest",
          "[cli][exhaustive]") {
  Program program;
  put_inputs(program);
  const std::string line = kCommands[0].arguments;
  REQUIRE(program(line).code == 0);
  Contents want = snapshot(program);
  want.erase("r.json");  // its seconds differ
  Interposed interposed(program, "/work/.");
  int at = 1;
  for (; interposed.run(line, "write", at, 0); ++at) {
    INFO("write number " << at);
    CHECK(interposed.ran.code == 0);
    CHECK(program.json("r.json")["elements"] == 105);
    Contents got = snapshot(program);
    got.erase("r.json");
    CHECK(got == want);
  }
  CHECK(at > 7);  // a header and its data for three tensors, and the report
}

TEST_CASE("cli: a disk without room leaves it as it was", "[cli][edge]") {
  Program program;
  program.floats("X.npy", {64, 100});
  const std::string disk = program / "disk";
  std::filesystem::create_directory(disk);
  int fits = 0, full = 0;
  for (int pages = 1; fits == 0 && pages < 40; ++pages) {
    const std::string size = "size=" + std::to_string(pages * 4096);
    if (::mount("none", disk.c_str(), "tmpfs", 0, size.c_str()) != 0) {
      SUCCEED("skipped: this user may not mount a disk: " << std::strerror(errno));
      WARN("no disk of a small size: mount says " << std::strerror(errno));
      return;
    }
    const Ran ran =
        program("convert X.npy --format int8 -o disk/Y.npy --codes disk/Q.npy --json disk/r.json");
    std::vector<std::string> left;
    for (const auto& entry : std::filesystem::directory_iterator(disk))
      left.push_back(entry.path().filename());
    CHECK(::umount(disk.c_str()) == 0);
    INFO(pages << " pages: " << ran.err);
    if (ran.code == 0) {
      ++fits;
      CHECK(left.size() == 3);
      continue;
    }
    ++full;
    CHECK(ran.code == 2);
    CHECK(ran.err.find("cannot be written: No space left on device; the file is unchanged\n") !=
          std::string::npos);
    CHECK(one_line(ran.err));
    CHECK(ran.out.empty());
    CHECK(left.empty());
  }
  CHECK(fits == 1);
  CHECK(full >= 8);  // Y.npy alone has 7 pages
}

TEST_CASE("cli: a file beyond the limit of its size is refused and leaves nothing", "[cli][edge]") {
  Program program;
  program.floats("X.npy", {64, 100});
  const Contents before = snapshot(program);
  program.set_before("ulimit -f 8;");  // of 512 bytes
  const Ran ran = program("convert X.npy --format int8 -o Y.npy");
  CHECK(ran.code == 2);
  CHECK(ran.err == "roundhouse: Y.npy: cannot be written: File too large; the file is unchanged\n");
  CHECK(snapshot(program) == before);
}

TEST_CASE("cli: standard output that takes nothing exits 2, and files are whole", "[cli][edge]") {
  Program program;
  put_inputs(program);
  std::vector<Command> commands = kCommands;
  for (const std::string line : {"--help", "--version", "gemm --help", "formats", "arrays",
                                 "formats fast4", "cycles L.csv --format int8"})
    commands.push_back({line, {}});
  for (const std::string to : {"> /dev/full", ">&-"}) {
    program.set_before("sh -c '\"$@\" " + to + "' -- env");
    for (const Command& command : commands) {
      INFO(command.arguments << " " << to);
      const Ran ran = program(command.arguments);
      CHECK(ran.code == 2);
      CHECK(ran.err == "roundhouse: standard output: cannot be written\n");
      for (const std::string& name : command.outputs) {
        const std::string bytes = bench::contents(program / name);
        CHECK(bytes.size() > 100);
        CHECK(bytes.find("roundhouse ") == std::string::npos);  // what was to be printed
        std::filesystem::remove(program / name);
      }
    }
  }
}

TEST_CASE("cli: input that cannot be read, or ends, at any read exits 2; one in parts is the same",
          "[cli][exhaustive]") {
  Program program;
  program.floats("X.npy", {100, 300});
  bench::put(program / "L.csv", "kind,name,m,k,n\ngemm,fc,16,512,1000\n");
  std::filesystem::create_directory(program / "texts");
  bench::put(program / "texts/held", std::string(5000, 'h'));
  bench::put(program / "texts/train", std::string(5000, 't'));
  struct Case {
    std::string arguments;
    std::string file;  // as the program names it
    bool sized;        // the program knows how much there is
  };
  for (const Case& c :
       {Case{"convert X.npy --format int8 -o Y.npy", "X.npy", true},
        Case{"cycles L.csv --format int8", "L.csv", true},
        Case{"study --quiet --engines golden --texts texts --held-out held --report r",
             "texts/held", false}}) {
    std::filesystem::create_directory(program / "r");
    const Contents before = snapshot(program);
    Interposed interposed(program, "/work/" + c.file);
    const auto refused = [&](const std::string& why) {
      INFO(c.arguments << ": " << interposed.ran.err);
      CHECK(interposed.ran.code == 2);
      CHECK(interposed.ran.err.starts_with("roundhouse: " + c.file + ": "));
      CHECK(interposed.ran.err.ends_with(why + "\n"));
      CHECK(one_line(interposed.ran.err));
      CHECK(interposed.ran.out.empty());
      CHECK(snapshot(program) == before);
    };
    if (!c.sized) {  // it would train after its last read
      REQUIRE(interposed.run(c.arguments, "read", 1, EIO));
      refused("cannot be read: Input/output error; it must be readable");
      continue;
    }
    const Ran whole = program(c.arguments);
    REQUIRE(whole.code == 0);
    const Contents want = snapshot(program);
    for (const std::string& name : {"Y.npy"}) std::filesystem::remove(program / name);
    int at = 1;
    for (; interposed.run(c.arguments, "read", at, EIO); ++at)
      refused("cannot be read: Input/output error; it must be readable");
    CHECK(at > 1);
    std::filesystem::remove(program / "Y.npy");
    for (at = 1; interposed.run(c.arguments, "end", at, 0) && interposed.ran.code != 0; ++at)
      refused("ends too soon; the file shrank while it was read");
    CHECK(at > 1);
    std::filesystem::remove(program / "Y.npy");
    for (at = 1; interposed.run(c.arguments, "read", at, 0); ++at) {
      INFO(c.arguments << ", read number " << at);
      CHECK(interposed.ran.code == 0);
      CHECK(snapshot(program) == want);
    }
    std::filesystem::remove(program / "Y.npy");
  }
}

TEST_CASE("cli: what is no regular file is refused in the place of every input", "[cli][edge]") {
  Program program;
  put_inputs(program);
  std::filesystem::create_directory(program / "folder");
  REQUIRE(::mkfifo((program / "fifo").c_str(), 0666) == 0);
  std::filesystem::create_symlink("nothing", program / "dangling");
  std::filesystem::create_symlink("loop", program / "loop");
  const int listening = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string socket = program / "socket";
  REQUIRE(socket.size() < sizeof address.sun_path);
  socket.copy(address.sun_path, socket.size());
  REQUIRE(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::close(listening);
  const Contents before = snapshot(program);
  program.set_before("timeout 20 env");  // a pipe that is opened waits for ever
  const std::string missing = "file cannot be found; ";
  const std::string irregular = "is not a regular file; ";
  for (const auto& [file, why] :
       std::vector<std::pair<std::string, std::string>>{{"folder", irregular},
                                                        {"fifo", irregular},
                                                        {"socket", irregular},
                                                        {"/dev/null", irregular},
                                                        {"/dev/zero", irregular},
                                                        {"dangling", missing},
                                                        {"loop", missing},
                                                        {"A.npy/x", missing},
                                                        {std::string(300, 'n'), missing},
                                                        {"/", irregular}})
    for (const std::string& arguments :
         {"convert " + file + " --format int8 -o Y.npy",
          "gemm " + file + " B.npy --format int8 -o C.npy",
          "gemm A.npy " + file + " --format fast2 -o C.npy --json r.json",
          "compare " + file + " --format fast4",
          "cycles " + file + " --format int8 --json r.json"}) {
      INFO(arguments);
      const Ran ran = program(arguments);
      CHECK(ran.code == 2);
      CHECK(ran.err.starts_with("roundhouse: " + file + ": " + why));
      CHECK(one_line(ran.err));
      CHECK(snapshot(program) == before);
    }
  const std::string study = "study --quiet --engines golden --report r --held-out h --texts ";
  std::filesystem::create_directory(program / "r");
  for (const auto& [folder, why] : std::vector<std::pair<std::string, std::string>>{
           {"A.npy", "A.npy: cannot be read: Not a directory; a folder of texts is needed\n"},
           {"nothing",
            "nothing: cannot be read: No such file or directory; a folder of texts is "
            "needed\n"},
           {"folder", "folder: holds no text 'h'; it holds none\n"}}) {
    const Ran ran = program(study + folder);
    CHECK(ran.code == 2);
    CHECK(ran.err == "roundhouse: " + why);
  }
}

TEST_CASE("cli: outputs that cannot have their name are refused before any work", "[cli][edge]") {
  Program program;
  put_inputs(program);
  REQUIRE(::mkfifo((program / "fifo").c_str(), 0666) == 0);
  std::filesystem::create_symlink("loop", program / "loop");
  const Contents before = snapshot(program);
  const std::string irregular =
      ": output exists and is not a regular file; only those are replaced\n";
  const std::string long_name(256, 'n');
  for (const auto& [file, why] : std::vector<std::pair<std::string, std::string>>{
           {"fifo", irregular},
           {"/dev/full", irregular},
           {long_name, ": output cannot have this name; File name too long\n"},
           {"loop", ": output cannot have this name; Too many levels of symbolic links\n"},
           {"A.npy/Y.npy", ": output's directory does not exist; make it first\n"},
           {"/proc/Y.npy", ": "}})
    for (const std::string& arguments :
         {"convert X.npy --format int8 -o " + file,
          "convert X.npy --format int8 -o Y.npy --codes " + file,
          "gemm A.npy B.npy --format int8 -o C.npy --json " + file, "formats --json " + file,
          "arrays --json " + file, "cycles L.csv --format int8 --json " + file,
          "compare A.npy B.npy --format int8 --engines golden,golden --json " + file}) {
      INFO(arguments);
      const Ran ran = program(arguments);
      CHECK(ran.code == 2);
      CHECK(ran.err.starts_with("roundhouse: " + file + why));
      CHECK(one_line(ran.err));
      CHECK(ran.out.empty());
      CHECK(snapshot(program) == before);
    }
}

TEST_CASE("cli: files and folders of another user are refused", "[cli][edge]") {
  Program program;
  put_inputs(program);
  std::filesystem::create_directory(program / "closed");
  std::filesystem::create_directory(program / "texts");
  bench::put(program / "texts/held", std::string(5000, 'h'));
  bench::put(program / "texts/train", std::string(5000, 't'));
  using std::filesystem::perms;
  if (::getuid() == 0) {  // whom no permission stops: as another user, who may enter but not write
    for (std::filesystem::path path : {program.home(), program / "", program / "texts"})
      std::filesystem::permissions(path, static_cast<perms>(0755));
    program.set_before("setpriv --reuid=65534 --regid=65534 --clear-groups env");
    if (program("--version").code != 0) {
      WARN("skipped: the program cannot be run as another user here");
      SUCCEED();
      return;
    }
  }
  for (const char* const name : {"X.npy", "L.csv", "texts/train"})
    std::filesystem::permissions(program / name, perms::none);
  std::filesystem::permissions(program / "closed", static_cast<perms>(0555));
  struct Case {
    std::string arguments;
    std::string text;
  };
  for (const Case& c :
       {Case{"convert X.npy --format int8 -o closed/Y.npy",
             "closed/Y.npy: output's directory takes no new file; Permission denied\n"},
        Case{"formats --json closed/f.json",
             "closed/f.json: output's directory takes no new file; Permission denied\n"},
        Case{"compare X.npy --format int8",
             "X.npy: file cannot be opened: Permission denied; it must be readable\n"},
        Case{"cycles L.csv --format int8",
             "L.csv: file cannot be read: Permission denied; it must be readable\n"},
        Case{"study --quiet --engines golden --held-out held --texts texts --report /tmp",
             "texts/train: text cannot be read: Permission denied; it must be readable\n"}}) {
    INFO(c.arguments);
    const Ran ran = program(c.arguments);
    CHECK(ran.code == 2);
    CHECK(ran.err == "roundhouse: " + c.text);
    CHECK(ran.out.empty());
  }
  std::filesystem::permissions(program / "closed", static_cast<perms>(0755));
}

TEST_CASE("cli: an engine that is no engine exits 2 and says what the system says", "[cli][edge]") {
  Program program;
  put_inputs(program);
  const std::string engines = program.home() + "engines";
  std::filesystem::create_directory(engines);
  const std::string other = bench::build_directory() / "test/cli_io.so";
  const std::vector<std::pair<std::string, std::string>> uses = {
      {"rtl_16x16x1.so", "gemm A.npy B.npy --format int8 -o C.npy --engine rtl"},
      {"convert_rtl_16x8.so", "convert X.npy --format fast4 -o Y.npy --engine rtl"},
      {"multiply_rtl_16x16x16_c2_exact64.so",
       "gemm A.npy B.npy --format fast4 -o C.npy --engine rtl"}};
  const Contents before = snapshot(program);
  for (const auto& [file, arguments] : uses) {
    const std::string path = engines + "/" + file;
    for (const std::string kind : {"none", "text", "folder", "other"}) {
      std::filesystem::remove_all(path);
      if (kind == "text") bench::put(path, "no engine");
      if (kind == "folder") std::filesystem::create_directory(path);
      if (kind == "other") std::filesystem::create_symlink(other, path);
      program.set_before("ROUNDHOUSE_ENGINES=" + engines);
      const Ran ran = program(arguments);
      INFO(arguments << ", " << kind << ": " << ran.err);
      CHECK(ran.code == 2);
      CHECK(ran.err.starts_with("roundhouse: engine "));
      CHECK(ran.err.find(path) != std::string::npos);
      CHECK((ran.err.find("; type: make ") != std::string::npos) == (kind == "none"));
      CHECK(one_line(ran.err));
      CHECK(snapshot(program) == before);
    }
    std::filesystem::remove_all(path);
  }
}

TEST_CASE("cli: an engine under another one's name exits 2", "[cli][edge]") {
  Program program;
  put_inputs(program);
  const std::string engines = program.home() + "engines";
  std::filesystem::create_directory(engines);
  program.set_before("ROUNDHOUSE_ENGINES=" + engines);
  const Contents before = snapshot(program);
  struct Case {
    std::string name, of, arguments, text;
  };
  for (const Case& c :
       {Case{"rtl_8x4x2.so", "rtl_16x16x1.so",
             "gemm A.npy B.npy --format int8 -o C.npy --rows 8 --cols 4 --lanes 2",
             "the engine was built for another array\n"},
        Case{"multiply_rtl_8x4x16_c2_exact64.so", "multiply_rtl_16x16x16_c2_exact64.so",
             "gemm A.npy B.npy --format fast4 -o C.npy --rows 8 --cols 4",
             "the engine was built for another array\n"},
        Case{"convert_rtl_3x8.so", "convert_rtl_16x8.so",
             "convert X.npy --format 'fast4(g=3)' -o Y.npy",
             "the engine was built for other groups or noise bits\n"}}) {
    std::filesystem::create_symlink(bench::build_directory() / "engine" / c.of,
                                    engines + "/" + c.name);
    const Ran ran = program(c.arguments + " --engine rtl");
    INFO(c.arguments);
    CHECK(ran.code == 2);
    CHECK(ran.err == "roundhouse: " + c.text);
    CHECK(snapshot(program) == before);
  }
}

TEST_CASE("cli: texts that a study cannot use are refused before it trains", "[cli][edge]") {
  Program program;
  std::filesystem::create_directory(program / "r");
  const std::string text(400, 'a');
  struct Case {
    std::string held, other, text;
  };
  for (const Case& c :
       {Case{"", text, "texts/held: is empty; a text to hold out has characters\n"},
        Case{text, "",
             "texts: holds nothing to train on beside 'held'; 0 near copies of it are left "
             "out\n"},
        Case{text, text,
             "texts: holds nothing to train on beside 'held'; 1 near copies of it are left "
             "out\n"}}) {
    std::filesystem::create_directory(program / "texts");
    bench::put(program / "texts/held", c.held);
    bench::put(program / "texts/other", c.other);
    const Ran ran =
        program("study --quiet --engines golden --texts texts --held-out held --report r");
    CHECK(ran.code == 2);
    CHECK(ran.err == "roundhouse: " + c.text);
    CHECK(std::filesystem::is_empty(program / "r"));
    std::filesystem::remove_all(program / "texts");
  }
}

TEST_CASE("cli: arrays lists files by the names that engines are opened under", "[cli][edge]") {
  Program program;
  const std::string engines = program.home() + "engines";
  std::filesystem::create_directory(engines);
  for (const char* const name :
       {"rtl_8x4x2.so", "rtl_016x16x1.so", "rtl_100000x1x1.so", "xrtl_8x4x2.so", "rtl_8x4x2.so.tmp",
        "multiply_rtl_16x16x16_c2_exact064.so", "multiply_rtl_2x3x16_c4_fp32.so"})
    bench::put(engines + "/" + name, "");
  program.set_before("ROUNDHOUSE_ENGINES=" + engines);
  REQUIRE(program("arrays --json a.json").code == 0);
  const auto arrays = program.json("a.json")["arrays"];
  REQUIRE(arrays.size() == 2);
  CHECK(arrays[0]["file"] == engines + "/rtl_8x4x2.so");
  CHECK(arrays[1]["file"] == engines + "/multiply_rtl_2x3x16_c4_fp32.so");
}

}  // namespace
}  // namespace rh
