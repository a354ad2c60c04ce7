// TEST RATIONALE. What people rely on at scale: a case is a function of its seed, a shard one of
// (I, N), and nothing is lost, doubled or hidden between the shards and the merged report. So one
// range of seeds, one of every configuration of `make build`, is run in 1, 2, 7 and 64 shards,
// which are merged in shuffled order: the files must be equal byte for byte, and golden equal to
// the RTL with stalls, at every size drawn (empty products among them). A shard is killed with
// SIGKILL while it runs: nothing under its name, and run again, or resumed, it is what it would
// have been. Every way in which a set of files can be wrong is refused, by file and seed. An engine
// that is wrong on purpose (plugin/faulty_engine.cpp) must be found, by a command that finds it
// again; one that fails costs its case, not the shard. JUnit and coverage are merged from texts
// whose sums are known. Mutants this kills: a shard that takes a neighbour's seed, a choice that
// depends on an earlier case, time or order in the merged file, a gap that is not looked for at
// either end, counts that are overwritten and not added.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "bench/catch.hpp"
#include "cli/program.hpp"
#include "regress/draw.hpp"
#include "regress/report.hpp"

namespace rh {
namespace {

using bench::contents;
using bench::field;
using bench::Program;
using bench::put;
using bench::Ran;

constexpr const char* kSmall = "--engines rtl_16x16x1,convert_rtl_16x8 ";  // 10 configurations

std::string shard(const std::string& seeds, int index, int count, const std::string& file) {
  return "regress --seeds " + seeds + " --shard " + std::to_string(index) + "/" +
         std::to_string(count) + " --json " + file + " --quiet ";
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

TEST_CASE("cli: regress gives one result in 1, 2, 7 and 64 shards, merged in any order",
          "[cli][rtl][law]") {
  Program program;
  const Ran whole = program("regress --seeds 56:111 --json whole.json --junit whole.xml");
  INFO(whole.out << whole.err);
  REQUIRE(whole.code == 0);
  CHECK(field(whole.out, "mismatches") == "0 in 0 cases");
  CHECK(field(whole.out, "vectors of cells") == "120000");
  CHECK(program("merge --quiet --json 1.json whole.json").code == 0);
  const std::string want = contents(program / "1.json");

  const auto json = program.json("1.json");
  CHECK(json["seeds"] == "56:111");
  CHECK(json["shard"] == "1/1");
  CHECK_FALSE(json.contains("timing"));
  REQUIRE(json["cases"].size() == 56);
  std::map<std::string, int> seen;
  std::uint64_t compared = 0;
  std::uint64_t seed = 56;
  for (const auto& test : json["cases"]) {
    CHECK(test["seed"] == seed++);
    ++seen[test["configuration"]];
    CHECK(test["mismatches"] == 0);
    CHECK(test["engines"].begin().value() == test["golden"]);
    compared += test["compared"].get<std::uint64_t>();
  }
  CHECK(json["totals"]["compared"] == compared);
  CHECK(compared > 100'000);
  CHECK(json["totals"]["tiles"] > 500);
  CHECK(seen.size() == 56);
  CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& of) { return of.second == 1; }));

  regress::Draw draw(bench::seed());
  for (const int count : {2, 7, 64}) {
    std::vector<std::string> files;
    for (int i = 1; i <= count; ++i) {
      files.push_back("s" + std::to_string(count) + "_" + std::to_string(i) + ".json");
      REQUIRE(program(shard("56:111", i, count, files.back())).code == 0);
    }
    for (std::size_t i = files.size(); i > 1; --i) std::swap(files[i - 1], files[draw.below(i)]);
    std::string list;
    for (const std::string& file : files) list += " " + file;
    const Ran ran = program("merge --quiet --json merged.json" + list);
    INFO(ran.err);
    CHECK(ran.code == 0);
    CHECK(contents(program / "merged.json") == want);
  }
  // A merged report is one that can be merged.
  REQUIRE(program(shard("112:113", 1, 1, "next.json")).code == 0);
  CHECK(program("merge --quiet --json more.json next.json merged.json").code == 0);
  CHECK(program.json("more.json")["seeds"] == "56:113");

  CHECK(program("regress --seeds 60:60 --json one.json").code == 0);
  CHECK(program.json("one.json")["cases"][0] == json["cases"][4]);
}

TEST_CASE("cli: stalls change the cycles of an engine and no bit", "[cli][rtl][stall]") {
  Program program;
  REQUIRE(program("regress --seeds 0:159 --engines rtl_16x16x1,convert_rtl_16x8,"
                  "multiply_rtl_16x16x16_c2_exact64 --json r.json --quiet")
              .code == 0);
  // A seed whose product is the same with and without stalls is not drawn: the cycles of a stalled
  // product are beyond what the formula without stalls allows.
  std::map<std::string, double> cycles_per_tile;  // by the stalls, of products
  std::map<std::string, int> count;
  const auto json = program.json("r.json");
  for (const auto& test : json["cases"]) {
    CHECK(test["mismatches"] == 0);
    const std::string text = test["case"];
    const std::size_t at = text.find("stalls ");
    REQUIRE(at != std::string::npos);
    if (test["tiles"] == 0) continue;
    const std::string stalls = text.substr(at) == "stalls 0 0"             ? "none"
                               : text.find(" 90", at) != std::string::npos ? "90"
                                                                           : "some";
    cycles_per_tile[stalls] += test["cycles"].get<double>() / test["tiles"].get<double>();
    ++count[stalls];
  }
  REQUIRE(count["none"] > 0);
  REQUIRE(count["90"] > 0);
  CHECK(cycles_per_tile["90"] / count["90"] > 2 * cycles_per_tile["none"] / count["none"]);
}

TEST_CASE("cli: a shard that is killed leaves nothing, and runs again or goes on", "[cli][rtl]") {
  Program program;
  const std::string arguments = shard("0:399", 2, 3, "killed.json") + kSmall;
  REQUIRE(program(shard("0:399", 2, 3, "want.json") + kSmall).code == 0);
  const auto without_time = [&](const std::string& file) {
    auto json = program.json(file);
    REQUIRE(json.contains("timing"));
    json.erase("timing");
    return json;
  };

  // Kills the program itself when it has done some cases, which its journal shows.
  const auto killed = [&](const std::string& more) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      if (::chdir((program / "").c_str()) != 0) ::_exit(126);
      const std::string path = bench::build_directory() / "roundhouse";
      std::vector<std::string> words = {path};
      std::istringstream text(arguments + more);
      for (std::string word; text >> word;) words.push_back(word);
      std::vector<char*> argv;
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      ::execv(path.c_str(), argv.data());
      ::_exit(127);
    }
    const auto lines = [&] {
      const std::string part = contents(program / "killed.json.part");
      return std::count(part.begin(), part.end(), '\n');
    };
    for (int i = 0; i < 10'000 && (more.empty() ? i < 20 : lines() < 5); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
  };
  killed("");
  CHECK(program.files() == std::vector<std::string>{"want.json"});
  CHECK(program(arguments).code == 0);
  CHECK(without_time("killed.json") == without_time("want.json"));
  std::filesystem::remove(program / "killed.json");

  killed("--resume");
  CHECK(program.files() == std::vector<std::string>{"killed.json.part", "want.json"});
  // A line that was cut off is done again; lines that are whole are taken.
  std::string part = contents(program / "killed.json.part");
  put(program / "killed.json.part", part + R"({"seed":1,"configuration":"con)");
  CHECK(program(shard("0:399", 3, 3, "killed.json") + kSmall + "--resume")
            .err.find("roundhouse: killed.json.part: is of another run: ") == 0);
  CHECK(program(arguments + "--resume").code == 0);
  CHECK(without_time("killed.json") == without_time("want.json"));
  CHECK(program.files() == std::vector<std::string>{"killed.json", "want.json"});
  // That they are taken: one with a digest of another case shows in the report.
  const std::size_t golden = part.find("\"golden\":\"") + 10;
  part[golden] = part[golden] == '0' ? '1' : '0';
  std::filesystem::remove(program / "killed.json");
  put(program / "killed.json.part", part);
  CHECK(program(arguments + "--resume").code == 0);
  CHECK(without_time("killed.json") != without_time("want.json"));
}

TEST_CASE("cli: merge refuses overlap, gaps, other versions and files that are cut off",
          "[cli][edge]") {
  Program program;
  for (int i = 1; i <= 3; ++i)
    REQUIRE(program(shard("10:29", i, 3, "s" + std::to_string(i) + ".json") + kSmall).code == 0);
  REQUIRE(program(shard("20:49", 1, 1, "over.json") + kSmall).code == 0);
  REQUIRE(program(shard("31:32", 1, 1, "far.json") + kSmall).code == 0);
  REQUIRE(program(shard("10:29", 3, 3, "other.json") + "--engines rtl_16x16x1").code == 0);
  for (int i = 1; i <= 2; ++i)  // 10 and 11; the last one is missing
    REQUIRE(program(shard("10:12", i, 3, "end" + std::to_string(i) + ".json") + kSmall).code == 0);
  const std::string text = contents(program / "s2.json");
  put(program / "version.json", replaced(text, "\"version\": \"", "\"version\": \"9"));
  put(program / "contract.json", replaced(text, "\"contract\": \"", "\"contract\": \"9"));
  put(program / "report.json", replaced(text, "\"report\": 1", "\"report\": 2"));
  put(program / "cut.json", text.substr(0, text.size() / 2));
  put(program / "empty.json", "");
  put(program / "list.json", "{\"program\": \"roundhouse\", \"subcommand\": \"gemm\"}");
  put(program / "changed.json", replaced(text, "\"compared\": ", "\"compared\": 1"));
  std::string fewer = text;  // without the case of seed 14
  const std::size_t at = fewer.find("    {\"seed\":14,");
  fewer.erase(at, fewer.find('\n', at) + 1 - at);
  put(program / "fewer.json", fewer);
  std::string twice = text;
  const std::string line = text.substr(at, text.find('\n', at) + 1 - at);
  put(program / "twice.json", twice.insert(at, line));
  put(program / "moved.json", replaced(text, "\"shard\": \"2/3\"", "\"shard\": \"1/3\""));
  const auto files = program.files();

  struct Case {
    std::string files, text;
  };
  for (
      const Case& c : std::vector<Case>{
          {"s1.json s3.json",
           "roundhouse: s1.json: seed 11 of its 10:29 is in no file; shard 2/3 is "
           "missing\n"},
          {"s2.json s3.json",
           "roundhouse: s2.json: seed 10 of its 10:29 is in no file; shard 1/3 is "
           "missing\n"},
          {"s1.json s2.json",
           "roundhouse: s1.json: seed 12 of its 10:29 is in no file; shard 3/3 is "
           "missing\n"},
          {"end2.json end1.json",
           "roundhouse: end2.json: seed 12 of its 10:12 is in no file; shard 3/3 is missing\n"},
          {"s1.json s2.json s3.json over.json",
           "roundhouse: over.json: seed 20 is in s2.json, too; each seed is merged once\n"},
          {"s1.json s2.json s3.json far.json",
           "roundhouse: s1.json: seed 30 is in no file; seeds that follow each other are merged\n"},
          {"s1.json s1.json", "roundhouse: s1.json: is given twice; each file is merged once\n"},
          {"s1.json version.json s3.json",
           "roundhouse: version.json: is of version 90.1.0; s1.json has 0.1.0, and reports of one "
           "kind are merged\n"},
          {"s1.json contract.json s3.json", "roundhouse: contract.json: is of contract 91; "},
          {"s1.json s2.json other.json",
           "roundhouse: other.json: has the engines rtl_16x16x1; s1.json has "
           "rtl_16x16x1,convert_rtl_16x8, and reports of one kind are merged\n"},
          {"report.json", "roundhouse: report.json: has report version 2; this program merges 1\n"},
          {"cut.json", "roundhouse: cut.json: is not a whole report of a regression: "},
          {"empty.json", "roundhouse: empty.json: is empty; a report of regress, JUnit XML, "},
          {"list.json", "roundhouse: list.json: is another report; regressions are merged\n"},
          {"changed.json",
           "roundhouse: changed.json: its digest or totals do not belong to its cases; run its "
           "shard again\n"},
          {"fewer.json",
           "roundhouse: fewer.json: seed 14 is missing; shard 2/3 of 10:29 has to run "
           "again\n"},
          {"twice.json",
           "roundhouse: twice.json: seed 14 is not of its shard, or is there twice; "},
          {"moved.json", "roundhouse: moved.json: seed 10 is missing; "},
          {"none.json", "roundhouse: none.json: cannot be opened; a file that can be read\n"},
          {".", "roundhouse: .: is a directory; a file that can be read\n"}}) {
    INFO(c.files);
    const Ran ran = program("merge --json out.json " + c.files);
    CHECK(ran.code == 2);
    CHECK(ran.err.substr(0, c.text.size()) == c.text);
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    CHECK(ran.out.empty());
    CHECK(program.files() == files);
  }
  CHECK(program("merge --json out.json s3.json s1.json s2.json").code == 0);
}

TEST_CASE("cli: regress finds a faulty engine and says how to find it again", "[cli][edge]") {
  Program program(true);
  struct Case {
    std::string fault, engines, first;
  };
  for (const Case& c : std::vector<Case>{
           {"code 0", "rtl_16x16x1", "code A 0: want 0x"},
           {"scale 0", "rtl_16x16x1", "scale A 0: want 0x"},
           {"result 0", "rtl_16x16x1", "result 0: want 0x"},
           {"fail", "rtl_16x16x1", "this engine fails"},
           {"exponent 0", "convert_rtl_16x8", "exponent X 0: want 0x"},
           {"flags 0", "convert_rtl_16x8", "flags X 0: want 0x"},
           {"base", "convert_rtl_16x8", "base X 0: want 0x"},
           {"short", "convert_rtl_16x8", " elements for "},
           {"result 0", "multiply_rtl_16x16x16_c2_exact64", "result 0: want 0x"},
           {"fail-product", "multiply_rtl_16x16x16_c2_exact64", "this engine fails"}}) {
    INFO(c.fault << " " << c.engines);
    const std::string engines = " --engines " + c.engines;
    const Ran ran = program("regress --seeds 0:29 --json r.json --junit r.xml" + engines, c.fault);
    CHECK(ran.code == 1);
    CHECK(ran.out.find("  first  ") != std::string::npos);
    CHECK(ran.out.find(c.first) != std::string::npos);
    const auto json = program.json("r.json");
    CHECK(json["totals"]["failed_cases"] > 0);
    // Every failed seed has its line, and alone it fails again.
    for (const auto& test : json["cases"]) {
      if (test["mismatches"] == 0) continue;
      const std::string seed = test["seed"].dump();
      const std::string again = "regress --seeds " + seed + ":" + seed + engines;
      CHECK(ran.out.find("  again  roundhouse " + again + "\n") != std::string::npos);
      const Ran alone = program(again + " --json one.json", c.fault);
      CHECK(alone.code == 1);
      CHECK(program.json("one.json")["cases"][0] == test);
      break;
    }
    const Ran merged = program("merge --quiet --json m.json --junit m.xml r.json r.xml");
    CHECK(merged.code == 1);
    CHECK(merged.out.find("  again  roundhouse regress --seeds ") != std::string::npos);
    const std::string failed = json["totals"]["failed_cases"].dump();
    CHECK(contents(program / "m.xml").find("failures=\"" + failed + "\"") != std::string::npos);
  }
  CHECK(program("regress --seeds 0:29 --engines rtl_16x16x1 --quiet").code == 0);
}

TEST_CASE("cli: bad usage of regress and merge exits 2", "[cli][edge]") {
  Program program;
  put(program / "a.info", "TN:\nSF:a.cpp\nDA:1,2\nend_of_record\n");
  const auto files = program.files();
  struct Case {
    std::string arguments, text;
  };
  for (const Case& c : std::vector<Case>{
           {"regress", "roundhouse: --seeds: is not given; A:B, the first seed and the last\n"},
           {"regress --seeds 5",
            "roundhouse: --seeds: is '5'; it is A:B, the first seed and the last, A <= B\n"},
           {"regress --seeds 5:4", "roundhouse: --seeds: is '5:4'; "},
           {"regress --seeds -1:4", "roundhouse: --seeds: is '-1:4'; "},
           {"regress --seeds 0:1000000000",
            "roundhouse: --seeds: is '0:1000000000'; one run has at most 1000000000 seeds\n"},
           {"regress --seeds 0:18446744073709551616", "roundhouse: --seeds: is "},
           {"regress --seeds 0:9 --shard 0/2",
            "roundhouse: --shard: is '0/2'; it is I/N, part I of N, 1 <= I <= N\n"},
           {"regress --seeds 0:9 --shard 3/2", "roundhouse: --shard: is '3/2'; "},
           {"regress --seeds 0:9 --shard 1", "roundhouse: --shard: is '1'; "},
           {"regress --seeds 0:9 --resume",
            "roundhouse: --resume: is given without --json; the journal stands beside that file\n"},
           {"regress --seeds 0:9 --engines fast",
            "roundhouse: --engines: has 'fast'; it is build, regress or names of files in engine/ "
            "without .so, as rtl_16x16x1\n"},
           {"regress --seeds 0:9 --engines cell_rtl,",
            "roundhouse: --engines: has ''; it is build, "},
           {"regress --seeds 0:9 --engines cell_rtl,cell_rtl",
            "roundhouse: --engines: has 'cell_rtl' twice; each engine is named once\n"},
           {"regress --seeds 0:9 --engines rtl_47x1x1",
            "roundhouse: engine rtl is not built for an array of 47 x 1 cells of 1 lanes ("},
           {"regress --seeds 0:9 --engines convert_rtl_47x3",
            "roundhouse: engine rtl is not built for groups of 47 and 3 noise bits ("},
           {"regress --seeds 0:9 --engines multiply_rtl_47x1x1_c2_fp32",
            "roundhouse: engine rtl is not built for block formats on 47x1x1_c2_fp32 ("},
           {"regress --seeds 0:9 --json no/r.json",
            "roundhouse: no/r.json: output's directory does not exist; make it first\n"},
           {"regress --seeds 0:9 --json r --junit r",
            "roundhouse: r: is the name of two outputs; each output is a file of its own\n"},
           {"merge", "FILES is required"},
           {"merge a.info", "roundhouse: a.info: is for --lcov; no --lcov is given\n"},
           {"merge a.info --lcov b.info --junit b.xml",
            "roundhouse: --junit: is given, but none of the files is for it; one or more are "
            "merged\n"}}) {
    INFO(c.arguments);
    const Ran ran = program(c.arguments);
    CHECK(ran.code == 2);
    CHECK(ran.err.substr(0, c.text.size()) == c.text);
    CHECK(ran.out.empty());
    CHECK(program.files() == files);
  }
  CHECK(program("regress --list").out.find("\n55  cell_rtl m2_fp32\n") != std::string::npos);
  for (const std::string sub : {"regress", "merge"})
    CHECK(program(sub + " --help").out.find("Examples:\n  roundhouse " + sub) != std::string::npos);
  // A shard may be empty, and the last seed there is can be run.
  CHECK(program(shard("5:6", 3, 3, "empty.json") + kSmall).code == 0);
  CHECK(program.json("empty.json")["cases"].empty());
  CHECK(
      program(shard("18446744073709551606:18446744073709551615", 2, 4, "l2.json") + kSmall).code ==
      0);
  CHECK(program.json("l2.json")["cases"].size() == 3);
}

TEST_CASE("cli: merge joins JUnit files and refuses broken ones", "[cli][edge]") {
  Program program;
  const std::string one =
      "<?xml version='1.0'?>\n<!-- a > b -->\n<testsuites>\n<testsuite name=\"b\" tests='2'>\n"
      "<testcase name=\"x > y\"/><testcase name='z'><failure message=\"&lt;\">"
      "<![CDATA[</testsuite>]]></failure></testcase>\n</testsuite></testsuites>\n";
  put(program / "1.xml", one);
  put(program / "2.xml", "<testsuite name=\"a\"><testcase name=\"t\"></testcase></testsuite>");
  const std::string want =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"3\" failures=\"1\">\n"
      "<testsuite name=\"a\"><testcase name=\"t\"></testcase></testsuite>\n" +
      one.substr(one.find("<testsuite name"),
                 one.find("</testsuites>") - one.find("<testsuite name")) +
      "\n</testsuites>\n";
  for (const std::string order : {"1.xml 2.xml", "2.xml 1.xml"}) {
    CHECK(program("merge --junit all.xml " + order).code == 1);  // one test has failed
    CHECK(contents(program / "all.xml") == want);
  }
  CHECK(program("merge --junit again.xml all.xml").code == 1);
  CHECK(contents(program / "again.xml") == want);
  CHECK(program("merge --junit a.xml 2.xml --quiet").code == 0);

  for (const auto& [text, message] : std::map<std::string, std::string>{
           {one.substr(0, one.size() - 8), " ends inside the tag <test; whole"},
           {one.substr(0, 120), "line 5 has "},
           {"<testsuite name=\"a\"></testcase>", "line 1 has </testcase> out of order; whole"},
           {"<testsuite name=a></testsuite>",
            "line 1 has a value without its quotes in <testsuite"},
           {"<testsuite name></testsuite>",
            "line 1 has an attribute without a value in <testsuite"},
           {"<testsuite/><testsuite/>", "line 1 has a second root, <testsuite>; "},
           {"<html></html>", "line 1 has the root <html>, not testsuites or testsuite; "},
           {"<!DOCTYPE x><testsuite/>", "line 1 has a document type; "},
           {"<testsuite name=\"b\"/>text", "line 1 has text outside its root; "},
           {"<testsuite name=\"b\"><failure></testsuite>", "out of order; "},
           {"<!-- ", "line 1 has no --> for its <!--; "},
           {"<testsuite name=\"a\"/>",
            "the suite a is in 2.xml, too; each suite is merged once"}}) {
    INFO(text);
    put(program / "bad.xml", text);
    const Ran ran = program("merge --junit out.xml 2.xml bad.xml");
    CHECK(ran.code == 2);
    CHECK(ran.err.find("roundhouse: bad.xml: ") == 0);
    CHECK(ran.err.find(message) != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(program / "out.xml"));
  }
}

TEST_CASE("cli: merge adds the counts of coverage files", "[cli][edge]") {
  Program program;
  put(program / "1.info",
      "TN:t\nSF:b.cpp\nFN:3,f\nFNDA:2,f\nFNF:1\nFNH:1\nBRDA:10,0,1,-\nBRDA:9,0,0,1\nBRF:2\nBRH:1\n"
      "DA:3,2\nDA:10,0\nLF:2\nLH:1\nend_of_record\nTN:t\nSF:a.cpp\nDA:1,1,sum\nend_of_record\n");
  put(program / "2.info",
      "TN:t\nSF:b.cpp\nFN:3,f\nFN:8,g(int, int)\nFNDA:1,f\nFNDA:0,g(int, int)\nBRDA:9,0,0,-\n"
      "BRDA:10,0,1,0\nDA:3,5\nDA:4,18446744073709551615\nend_of_record\n");
  put(program / "3.info", "TN:t\nSF:b.cpp\nDA:4,1\nend_of_record\n");
  const std::string want =
      "TN:t\nSF:a.cpp\nDA:1,1,sum\nLF:1\nLH:1\nend_of_record\n"
      "TN:t\nSF:b.cpp\nFN:3,f\nFN:8,g(int, int)\nFNDA:3,f\nFNDA:0,g(int, int)\nFNF:2\nFNH:1\n"
      "BRDA:9,0,0,1\nBRDA:10,0,1,0\nBRF:2\nBRH:1\n"
      "DA:3,7\nDA:4,18446744073709551615\nDA:10,0\nLF:3\nLH:2\nend_of_record\n";
  put(program / "1.dat", "# SystemC::Coverage-3\nC '\1f\2a.sv\1l\0023' 5\nC 'it's' 0\n");
  put(program / "2.dat", "# SystemC::Coverage-3\nC 'new' 1\nC '\1f\2a.sv\1l\0023' 7\n");
  const std::string points =
      "# SystemC::Coverage-3\nC '\1f\2a.sv\1l\0023' 12\nC 'it's' 0\nC 'new' 1\n";
  for (const std::string order :
       {"1.info 2.info 3.info 1.dat 2.dat", "2.dat 3.info 1.dat 2.info 1.info"}) {
    const Ran ran = program("merge --lcov all.info --coverage all.dat " + order);
    INFO(ran.err);
    CHECK(ran.code == 0);
    CHECK(contents(program / "all.info") == want);
    CHECK(contents(program / "all.dat") == points);
  }
  CHECK(program("merge --lcov again.info all.info --quiet").code == 0);
  CHECK(contents(program / "again.info") == want);

  struct Case {
    std::string option, text, message;
  };
  for (const Case& c : std::vector<Case>{
           {"lcov", "TN:t\nSF:b.cpp\nDA:1,1\n", "line 3 ends inside a record; whole lcov"},
           {"lcov", "TN:t\nSF:b.cpp\nDA:1,1\nend_of_rec", "line 4 has no end; whole"},
           {"lcov", "TN:t\nSF:b.cpp\nDA:1,x\nend_of_record\n", "line 3 is 'DA:1,x'; "},
           {"lcov", "TN:t\nDA:1,1\n", "line 2 stands outside a record: 'DA:1,1'; "},
           {"lcov", "TN:t\nSF:b.cpp\nSF:c.cpp\n", "line 3 begins a record inside another; "},
           {"lcov", "TN:t\nend_of_record\n", "line 2 ends a record that did not begin; "},
           {"lcov", "TN:t\nSF:b.cpp\nFN:4,f\nend_of_record\n",
            "line 3 has the function f at another line; "},
           {"lcov", "TN:t\nSF:b.cpp\nBRDA:1,0,0\nend_of_record\n", "line 3 is 'BRDA:1,0,0'; "},
           {"lcov", "TN:t\nSF:b.cpp\nXY:1\nend_of_record\n", "line 3 is 'XY:1'; "},
           {"coverage", "# SystemC::Coverage-3\nC 'a' 1", "line 2 has no end; "},
           {"coverage", "# SystemC::Coverage-3\nC 'a' \n", "line 2 is 'C 'a' '; "},
           {"coverage", "# SystemC::Coverage-3\nC 'a\n", "line 2 is 'C 'a'; "},
           {"coverage", "# SystemC::Coverage-2\n", "line 1 is not '# SystemC::Coverage-3'; "}}) {
    INFO(c.text);
    put(program / "bad", c.text);
    const Ran ran =
        program("merge --" + c.option + " out 1." + (c.option == "lcov" ? "info" : "dat") + " bad");
    CHECK(ran.code == 2);
    CHECK(ran.err.find("roundhouse: bad: " + c.message) == 0);
    CHECK_FALSE(std::filesystem::exists(program / "out"));
  }
}

}  // namespace
}  // namespace rh
