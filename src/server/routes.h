#pragma once
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "server/codec/codec.h"
#include "services/gate/request_context.h"
#include "somabrain/v1/limits.pb.h"

namespace soma::server {

/// A story of the services, seen from HTTP: decoded request in, answer out; trouble is thrown.
using Handler = std::function<std::unique_ptr<google::protobuf::Message>(
    const services::RequestContext&, const services::Admission&, const google::protobuf::Message&)>;

/// One method of the contract and what carries it out.
struct Route {
    const google::protobuf::MethodDescriptor* method = nullptr;
    const somabrain::v1::Route* options = nullptr;
    std::vector<std::string> segments;  ///< of the path; "{id}" stands for any one segment
    Handler handler;
};

/// The table (verb, path) → method, read from the `route` options of the services given. bind()
/// every method, then check_complete(); from then on the table is read-only and safe from any
/// thread.
class Routes {
  public:
    /// Two methods with one verb and path are our own mistake (SOMA_ASSERT).
    explicit Routes(const std::vector<const google::protobuf::ServiceDescriptor*>& services);

    /// Gives "somabrain.v1.Memory.Remember" its handler: a member of a story that outlives the
    /// table. A name the contract does not have, a second handler or other message types are our
    /// own mistake (SOMA_ASSERT).
    template <class Story, class Request, class Response>
    void bind(std::string_view method, Story& story,
              Response (Story::*answer)(const services::RequestContext&, const services::Admission&,
                                        const Request&)) {
        bind_untyped(method, Request::descriptor(), Response::descriptor(),
                     [&story, answer](const services::RequestContext& context,
                                      const services::Admission& admission,
                                      const google::protobuf::Message& request)
                         -> std::unique_ptr<google::protobuf::Message> {
                         return std::make_unique<Response>((story.*answer)(
                             context, admission, static_cast<const Request&>(request)));
                     });
    }
    void bind_untyped(std::string_view method, const google::protobuf::Descriptor* request,
                      const google::protobuf::Descriptor* response, Handler handler);

    /// Throws Error(internal) naming the first method without a handler: the start then fails.
    void check_complete() const;

    struct Match {
        const Route* route = nullptr;
        std::vector<Parameter> parameters;  ///< of path and query, percent-decoded
    };
    struct NoSuchPath {};
    struct WrongVerb {
        std::string allow;  ///< "GET, DELETE"
    };
    /// `target` as on the request line. A target that is no valid origin form is NoSuchPath.
    std::variant<Match, NoSuchPath, WrongVerb> find(std::string_view verb,
                                                    std::string_view target) const;

    const std::vector<Route>& all() const { return routes_; }

  private:
    std::vector<Route> routes_;
};

/// The services of the contract, in the order OpenAPI lists them.
std::vector<const google::protobuf::ServiceDescriptor*> contract_services();
/// Those of them that gRPC serves: Memory and Brain.
std::vector<const google::protobuf::ServiceDescriptor*> rpc_services();

}  // namespace soma::server
