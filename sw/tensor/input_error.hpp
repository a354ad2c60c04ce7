// Input that is refused: one line for the user, naming file, field, value and limit.
#pragma once
#include <stdexcept>

namespace rh {

class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace rh
