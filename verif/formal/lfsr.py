"""The period of the noise, by algebra over GF(2).

The stream s[n + 127] = s[n + 63] ^ s[n] belongs to p(x) = x^127 + x^63 + 1: one step multiplies a
state, read as a polynomial, by x modulo p. 2^127 - 1 is prime (Lucas-Lehmer), so the order of x is
1 or 2^127 - 1 as soon as x^(2^127) = x modulo p, and it is not 1 since x is not 1. Then the step
is invertible, no state but 0 leads to 0, and every other state comes back after 2^127 - 1 steps and
not before: with a prime period there are no shorter cycles. p is irreducible: x^(2^127) = x says
that the degrees of its factors divide 127, a prime, and neither 0 nor 1 is a root of p.
That the RTL takes these steps, and that a leap is so many of them, is proved by `noise-step-*`.
"""
import engines

STATE = 127
TAPS = (63, 0)


def multiply(a, b, degree, low):
    """a b modulo x^degree + low, polynomials as integers."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        b >>= 1
        a <<= 1
        if a >> degree:
            a ^= (1 << degree) | low
    return product


def mersenne_is_prime(exponent):
    """Lucas-Lehmer, for an odd prime exponent."""
    number, value = (1 << exponent) - 1, 4
    for _ in range(exponent - 2):
        value = (value * value - 2) % number
    return value == 0


def has_full_period(degree, taps):
    low = sum(1 << tap for tap in taps)
    power = 2  # x
    for _ in range(degree):
        power = multiply(power, power, degree, low)
    return power == 2 and mersenne_is_prime(degree) and low & 1 == 1 and len(taps) % 2 == 0


def check(item, folder, control=None):
    """True when the stream has the period 2^127 - 1. A control names other taps."""
    engines.fresh(folder)
    taps = tuple(int(tap) for tap in control[2].split()) if control else TAPS
    return has_full_period(STATE, taps)
