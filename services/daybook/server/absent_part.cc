#include "services/daybook/server/absent_part.h"

#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/serving/not_served.h"
#include "projections/topology.h"
#include "services/daybook/server/owners.h"
#include "services/daybook/wiring/services.h"

namespace daybook {
namespace {

using google::protobuf::Message;
using google::protobuf::ServiceDescriptor;

class AbsentCommandsPart : public Part {
 public:
  AbsentCommandsPart(log::EventLog& log, const projection::Models& models)
      : partitions_(log.partitions()),
        owners_(log, [&models](int partition) { return NewestOf(models, partition); }) {}

  std::vector<rpc::Service> Services() override {
    std::vector<rpc::Service> services;
    for (const auto* service : AllCommandServices()) {
      services.push_back(NotServed(service, [this](const Message* request) {
        return request == nullptr ? Unknown("") : Why(FirstStream(*request));
      }));
    }
    return services;
  }
  void SetHealth(bool, rpc::Health* health) const override {
    for (const auto* service : AllCommandServices()) health->Set(service->full_name(), false);
  }

 private:
  // How far the read model that is ahead of the others has come.
  static log::Position NewestOf(const projection::Models& models, int partition) {
    log::Position newest;
    for (const projection::ShardStatus& shard : models.Statuses()) {
      if (shard.partition != partition) continue;
      if (shard.position.next_offset >= newest.next_offset) newest = shard.position;
    }
    return newest;
  }

  static absl::Status Unknown(std::string_view more) {
    return Refuse(reason::kNotServedHere,
                  Cat("this server takes no commands: it only keeps read models", more),
                  {{"what", "commands"}});
  }

  absl::Status Why(const std::string& stream) {
    if (stream.empty()) return Unknown("");
    const Owners::Answer owner = owners_.Find(log::PartitionOf(stream, partitions_));
    if (owner.endpoint.empty()) {
      return owner.looking
                 ? WithRetryDelay(Unknown("; who does is being looked for"), absl::Seconds(1))
                 : Unknown("; who does is not known");
    }
    return Refuse(
        reason::kNotServedHere,
        Cat("this server takes no commands; the customer's partition is owned by ", owner.endpoint),
        {{"what", "commands"}, {"endpoint", owner.endpoint}});
  }

  const int partitions_;
  Owners owners_;
};

class AbsentProjectionsPart : public Part {
 public:
  explicit AbsentProjectionsPart(std::vector<std::string> names)
      : names_(std::move(names)), services_(QueryServices(names_)) {}

  std::vector<rpc::Service> Services() override {
    std::vector<rpc::Service> services;
    for (const std::string& name : names_) {
      const auto why = [name](const Message*) {
        return Refuse(reason::kNotServedHere,
                      Cat("this server does not keep the read model '", name,
                          "'; which one does is not known here"),
                      {{"what", Cat("projections:", name)}});
      };
      for (const auto* service : QueryServices({name})) services.push_back(NotServed(service, why));
    }
    return services;
  }
  void SetHealth(bool, rpc::Health* health) const override {
    for (const std::string& name : names_) health->Set(name, false);
    for (const auto* service : services_) health->Set(service->full_name(), false);
  }

 private:
  const std::vector<std::string> names_;
  const std::vector<const ServiceDescriptor*> services_;
};

}  // namespace

std::unique_ptr<Part> AbsentCommands(log::EventLog& log, const projection::Models& models) {
  return std::make_unique<AbsentCommandsPart>(log, models);
}

std::unique_ptr<Part> AbsentProjections(const Config& config) {
  std::vector<std::string> names = TheTopology().names();
  std::erase_if(names, [&](const std::string& name) { return config.roles.Keeps(name); });
  return std::make_unique<AbsentProjectionsPart>(std::move(names));
}

}  // namespace daybook
