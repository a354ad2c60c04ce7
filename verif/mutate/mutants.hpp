// What the rewritten golden headers of `make mutate-golden` call: each function is an operator and
// all its mutants. Which mutant lives, if any, is a number in the environment, GOLDEN_MUTANT.
//
// Mutants of one expression are numbered from `id` on, in the order of OPERATORS in
// scripts/mutate_golden.py. Operands are taken once, so that expressions nest without growing.
// Nothing here is a constant expression, so that no compiler works a mutant out beforehand.
#pragma once
#include <algorithm>
#include <cstdlib>

namespace rh_mutate {

inline int from_environment() {
  const char* text = std::getenv("GOLDEN_MUTANT");
  return text == nullptr ? 0 : std::atoi(text);
}
inline int living = from_environment();

inline bool on(int id) {
  return living == id;
}

// a OP b, and three mutants of it: without one of the sides it has the type of a OP b still.
#define RH_BINARY(name, original, ...)                         \
  template <class A, class B>                                  \
  constexpr auto name(int id, A a, B b) {                      \
    using R = decltype(original);                              \
    const int which = living - id;                             \
    if (which < 0 || which >= 4) return static_cast<R>(original); \
    switch (which) { __VA_ARGS__ }                             \
    return static_cast<R>(original);                           \
  }
#define RH_CASE(number, mutant) \
  case number: return static_cast<R>(mutant);
RH_BINARY(plus, a + b, RH_CASE(0, a - b) RH_CASE(1, a) RH_CASE(2, b))
RH_BINARY(minus, a - b, RH_CASE(0, a + b) RH_CASE(1, a) RH_CASE(2, b))
RH_BINARY(times, a* b, RH_CASE(0, a + b) RH_CASE(1, a) RH_CASE(2, b))
RH_BINARY(over, a / b, RH_CASE(0, a * b) RH_CASE(1, a) RH_CASE(2, b))
RH_BINARY(modulo, a % b, RH_CASE(0, a / b) RH_CASE(1, a) RH_CASE(2, b))
RH_BINARY(bit_and, a& b, RH_CASE(0, a | b) RH_CASE(1, a) RH_CASE(2, b))
RH_BINARY(bit_or, a | b, RH_CASE(0, a & b) RH_CASE(1, a ^ b) RH_CASE(2, a) RH_CASE(3, b))
RH_BINARY(bit_xor, a ^ b, RH_CASE(0, a & b) RH_CASE(1, a | b) RH_CASE(2, a) RH_CASE(3, b))
RH_BINARY(left, a << b, RH_CASE(0, a >> b) RH_CASE(1, a))
RH_BINARY(right, a >> b, RH_CASE(0, a << b) RH_CASE(1, a))
RH_BINARY(less, a < b, RH_CASE(0, a <= b) RH_CASE(1, a != b) RH_CASE(2, false) RH_CASE(3, a >= b))
RH_BINARY(more, a > b, RH_CASE(0, a >= b) RH_CASE(1, a != b) RH_CASE(2, false) RH_CASE(3, a <= b))
RH_BINARY(at_most, a <= b, RH_CASE(0, a < b) RH_CASE(1, a == b) RH_CASE(2, true) RH_CASE(3, a > b))
RH_BINARY(at_least, a >= b, RH_CASE(0, a > b) RH_CASE(1, a == b) RH_CASE(2, true) RH_CASE(3, a < b))
RH_BINARY(equal, a == b, RH_CASE(0, a <= b) RH_CASE(1, a >= b) RH_CASE(2, false) RH_CASE(3, a != b))
RH_BINARY(unequal, a != b, RH_CASE(0, a < b) RH_CASE(1, a > b) RH_CASE(2, true) RH_CASE(3, a == b))
RH_BINARY(same, a == b, RH_CASE(0, false) RH_CASE(1, true) RH_CASE(2, a != b))
RH_BINARY(other, a != b, RH_CASE(0, true) RH_CASE(1, false) RH_CASE(2, a == b))
#undef RH_BINARY
#undef RH_CASE

// a && b, taking b only when the mutant that lives needs it:
//   and_needs(id, a) ? and_right(id, b) : and_else(id)
constexpr bool and_needs(int id, bool a) {
  return living == id ? !a : living == id + 1 ? true : a;
}
constexpr bool and_right(int id, bool b) {
  return living == id + 2 ? true : b;
}
constexpr bool and_else(int id) {
  return living == id;
}
// a || b: or_needs(id, a) ? or_right(id, b) : or_else(id)
constexpr bool or_needs(int id, bool a) {
  return living == id ? a : living == id + 1 ? true : !a;
}
constexpr bool or_right(int id, bool b) {
  return living == id + 2 ? false : b;
}
constexpr bool or_else(int id) {
  return living != id;
}

constexpr bool condition(int id, bool value) {
  return living == id ? true : living == id + 1 ? false : value;
}
template <class A>
constexpr auto negate(int id, A a) {
  return living == id ? static_cast<decltype(-a)>(a) : -a;
}
template <class A>
constexpr auto invert(int id, A a) {
  return living == id ? static_cast<decltype(~a)>(a) : ~a;
}
constexpr bool logical_not(int id, bool a) {
  return living == id ? a : !a;
}

// The value of a function: 0, or one more.
template <class A>
constexpr A returned(int id, A a) {
  return living == id ? static_cast<A>(0) : living == id + 1 ? static_cast<A>(a + 1) : a;
}

template <class T>
constexpr T min(int id, T a, T b) {
  if (living == id) return std::max(a, b);
  return living == id + 1 ? a : living == id + 2 ? b : std::min(a, b);
}
template <class T>
constexpr T max(int id, T a, T b) {
  if (living == id) return std::min(a, b);
  return living == id + 1 ? a : living == id + 2 ? b : std::max(a, b);
}
template <class T>
constexpr T clamp(int id, T x, T low, T high) {
  if (living == id) return std::max(x, low);
  if (living == id + 1) return std::min(x, high);
  return x < low ? low : high < x ? high : x;
}

// a OP= b.
#define RH_ASSIGN(name, original, ...)      \
  template <class A, class B>               \
  constexpr void name(int id, A& a, B b) {  \
    switch (living - id) { __VA_ARGS__ }    \
    original;                               \
  }
#define RH_CASE(number, mutant) \
  case number: mutant; return;
RH_ASSIGN(add_to, a += b, RH_CASE(0, a -= b) RH_CASE(1, a = static_cast<A>(b)))
RH_ASSIGN(take_from, a -= b, RH_CASE(0, a += b) RH_CASE(1, a = static_cast<A>(b)))
RH_ASSIGN(or_into, a |= b, RH_CASE(0, a &= b) RH_CASE(1, a ^= b) RH_CASE(2, a = static_cast<A>(b)))
RH_ASSIGN(and_into, a &= b, RH_CASE(0, a |= b) RH_CASE(1, a = static_cast<A>(b)))
RH_ASSIGN(xor_into, a ^= b, RH_CASE(0, a |= b) RH_CASE(1, a &= b) RH_CASE(2, a = static_cast<A>(b)))
RH_ASSIGN(left_into, a <<= b, RH_CASE(0, a >>= b))
RH_ASSIGN(right_into, a >>= b, RH_CASE(0, a <<= b))
#undef RH_ASSIGN
#undef RH_CASE

}  // namespace rh_mutate
