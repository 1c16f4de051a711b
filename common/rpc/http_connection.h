// One connection of an HTTP caller. Private to common/rpc (Asio types).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "common/rpc/http_page.h"
#include "common/rpc/http_request.h"
#include "common/rpc/peer.h"

namespace daybook::rpc {

// What it does at the moment says until when it may, and whether it can be missed.
struct HttpConnection {
  using Clock = std::chrono::steady_clock;

  enum class Doing {  // those that can be missed first are first
    kLingering,       // the answer has gone, what still comes is thrown away
    kIdle,            // between two requests
    kReading,
    kWriting,
    kMaking,  // its page is being made
  };

  HttpConnection(boost::asio::io_context& io, const boost::asio::ip::tcp& protocol, int fd,
                 Peer peer)
      : socket(io, protocol, fd), peer(peer) {}

  boost::asio::ip::tcp::socket socket;
  const Peer peer;
  HttpRequestReader reader;
  int requests = 0;
  bool waiting_to_read = false;

  Doing doing = Doing::kReading;
  Clock::time_point since{};
  Clock::time_point until{};

  bool begun = false;   // a byte of a request is there
  HttpRequest request;  // being answered
  size_t maker = 0;     // of its page
  uint64_t round = 0;
  std::string head;  // of the answer
  std::shared_ptr<const HttpPage> page;
  bool last = false;  // the answer is
  size_t discarded = 0;
};

}  // namespace daybook::rpc
