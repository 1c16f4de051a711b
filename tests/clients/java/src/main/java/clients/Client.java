// How a program in Java works with Daybook. Small enough to copy from; a test by its checks.
//
// Usage: Client SERVICE_CONFIG ADDRESS LOSSY_ADDRESS ONE_STREAM_ADDRESS   (see with_daybook.py)
package clients;

import com.google.gson.Gson;
import com.google.protobuf.Any;
import com.google.protobuf.FieldMask;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.type.Decimal;
import com.google.type.Money;
import daybook.balances.v1.*;
import daybook.billing.v1.*;
import daybook.book.v1.*;
import daybook.customer.v1.*;
import daybook.directory.v1.*;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.Supplier;

public final class Client {
  // A channel and its stubs. One a process; safe for threads.
  static final class Daybook implements AutoCloseable {
    final ManagedChannel channel;

    @SuppressWarnings("unchecked")
    Daybook(String address, String serviceConfig) {
      channel = ManagedChannelBuilder.forTarget(address)
                    .usePlaintext()
                    .defaultServiceConfig(new Gson().fromJson(serviceConfig, Map.class))
                    .enableRetry()
                    .build();
    }

    // A deadline belongs to one call, so a stub with one is made for each.
    CustomerServiceGrpc.CustomerServiceBlockingStub customers() {
      return CustomerServiceGrpc.newBlockingStub(channel);
    }
    BillingServiceGrpc.BillingServiceBlockingStub billing() {
      return BillingServiceGrpc.newBlockingStub(channel);
    }
    BalancesServiceGrpc.BalancesServiceBlockingStub balances() {
      return BalancesServiceGrpc.newBlockingStub(channel);
    }
    DirectoryServiceGrpc.DirectoryServiceBlockingStub directory() {
      return DirectoryServiceGrpc.newBlockingStub(channel);
    }
    CommandServiceGrpc.CommandServiceStub commands() {
      return CommandServiceGrpc.newStub(channel);
    }

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }

  // What an error says, in one piece. Branch on `reason`, never on the message. `retryAfter` is zero
  // when nothing is said.
  record Refusal(Status.Code code, String reason, Map<String, String> metadata,
      Map<String, String> violations, Duration retryAfter) {
    static Refusal of(Throwable error) {
      String reason = "";
      Map<String, String> metadata = Map.of();
      Map<String, String> violations = new HashMap<>();
      Duration retryAfter = Duration.ZERO;
      com.google.rpc.Status status = StatusProto.fromThrowable(error);
      if (status != null) {
        try {
          for (Any detail : status.getDetailsList()) {
            if (detail.is(ErrorInfo.class)) {
              ErrorInfo info = detail.unpack(ErrorInfo.class);
              if (!info.getDomain().equals("daybook")) continue;
              reason = info.getReason();
              metadata = info.getMetadataMap();
            } else if (detail.is(BadRequest.class)) {
              for (var v : detail.unpack(BadRequest.class).getFieldViolationsList()) {
                violations.put(v.getField(), v.getDescription());
              }
            } else if (detail.is(RetryInfo.class)) {
              var delay = detail.unpack(RetryInfo.class).getRetryDelay();
              retryAfter = Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
            }
          }
        } catch (InvalidProtocolBufferException broken) {
          // A detail that cannot be read says nothing; the code still stands.
        }
      }
      return new Refusal(
          Status.fromThrowable(error).getCode(), reason, metadata, violations, retryAfter);
    }

    // After these it is not certain whether a command was recorded, or certain that it was not. In
    // both cases the same request, under the same request_id, is right and cannot count twice.
    boolean sendAgain() {
      return code == Status.Code.UNAVAILABLE || code == Status.Code.DEADLINE_EXCEEDED
          || code == Status.Code.RESOURCE_EXHAUSTED;
    }
  }

  record Answer<T>(T response, int attempts) {}

  // Makes a call until it is answered or `total` is over. The call is told how many seconds it may
  // take: twice as many each time, up to 16, so that a slow server is not asked for ever.
  static <T> Answer<T> untilCertain(Duration total, IntFunction<T> call) throws InterruptedException {
    long giveUpAt = System.nanoTime() + total.toNanos();
    long pauseMs = 100;
    for (int attempts = 1;; ++attempts) {
      try {
        return new Answer<>(call.apply(1 << Math.min(attempts - 1, 4)), attempts);
      } catch (StatusRuntimeException error) {
        Refusal no = Refusal.of(error);
        if (!no.sendAgain() || System.nanoTime() > giveUpAt) throw error;
        long random = ThreadLocalRandom.current().nextLong(pauseMs / 2, pauseMs);
        Thread.sleep(Math.max(no.retryAfter().toMillis(), random));
        pauseMs = Math.min(2 * pauseMs, 5000);
      }
    }
  }

  static void check(boolean ok, String what, Object... values) {
    if (!ok) throw new AssertionError("not so: " + what + " " + List.of(values));
  }

  static Refusal refused(Supplier<?> call) {
    try {
      call.get();
    } catch (StatusRuntimeException error) {
      return Refusal.of(error);
    }
    throw new AssertionError("was not refused");
  }

  static OpenAccountResponse openCustomer(Daybook book, String id, String region) {
    book.customers().registerCustomer(
        RegisterCustomerRequest.newBuilder()
            .setCustomerId(id)
            .setKind(CustomerKind.CUSTOMER_KIND_ORGANIZATION)
            .setProfile(Profile.newBuilder()
                            .setPersonal(Personal.newBuilder().setDisplayName("Zoë 佐藤"))
                            .setRegionCode(region))
            .setRequestId("register")
            .build());
    return book.billing().openAccount(OpenAccountRequest.newBuilder()
                                          .setCustomerId(id)
                                          .setCurrencyCode("EUR")
                                          .setRequestId("open")
                                          .build());
  }

  static Decimal decimal(String value) {
    return Decimal.newBuilder().setValue(value).build();
  }

  static IssueInvoiceRequest tea(String customerId, String requestId) {
    return IssueInvoiceRequest.newBuilder()
        .setCustomerId(customerId)
        .setRequestId(requestId)
        .addLines(LineItem.newBuilder()
                      .setDescription("Tea")
                      .setQuantity(decimal("3"))
                      .setUnitPrice(decimal("4.10"))
                      .setTaxRatePercent(decimal("7")))
        .build();
  }

  static void retriesAfterATimeOut(Daybook book, Daybook lossy) throws InterruptedException {
    openCustomer(book, "java-1", "DE");
    IssueInvoiceRequest request = tea("java-1", "lost-answer");
    var first = untilCertain(Duration.ofSeconds(90),
        seconds -> lossy.billing().withDeadlineAfter(seconds, TimeUnit.SECONDS).issueInvoice(request));
    check(first.attempts() > 1, "the answer was meant to be lost");
    var again = book.billing().issueInvoice(request);
    check(again.getAlreadyRecorded(), "an answer that was given before says so", again);
    check(again.equals(first.response().toBuilder().setAlreadyRecorded(true).build()),
        "the same request gets the first answer", again);
    var balance = book.balances().getBalance(
        GetBalanceRequest.newBuilder()
            .setCustomerId("java-1")
            .setConsistencyToken(first.response().getConsistencyToken())
            .build());
    check(balance.getInvoiceCount() == 1, "sent three times, recorded once", balance);
  }

  static void readsItsOwnWrite(Daybook book) {
    openCustomer(book, "java-2", "DE");
    book.billing().issueInvoice(tea("java-2", "invoice"));
    var payment = book.billing().recordPayment(
        RecordPaymentRequest.newBuilder()
            .setCustomerId("java-2")
            .setRequestId("payment")
            .setMethod(PaymentMethod.PAYMENT_METHOD_CASH)
            .setAmount(Money.newBuilder().setCurrencyCode("EUR").setUnits(20))
            .build());
    // Read models follow the log; the token says how far they must have come.
    var balance = book.balances()
                      .getBalance(GetBalanceRequest.newBuilder()
                                      .setCustomerId("java-2")
                                      .setConsistencyToken(payment.getConsistencyToken())
                                      .build())
                      .getBalance();
    check(balance.getUnits() == -6 && balance.getNanos() == -840_000_000, "balance", balance);
  }

  static void changesWhatItHasRead(Daybook book) {
    var opened = openCustomer(book, "java-5", "DE");
    var customer = book.directory()
                       .getCustomer(GetCustomerRequest.newBuilder()
                                        .setCustomerId("java-5")
                                        .setConsistencyToken(opened.getConsistencyToken())
                                        .build())
                       .getCustomer();
    var profile = customer.getProfile().toBuilder();
    profile.getPersonalBuilder().addEmails("zoe@example.com");
    var change = UpdateCustomerRequest.newBuilder()
                     .setCustomerId("java-5")
                     .setRequestId("change")
                     .setProfile(profile)
                     .setUpdateMask(FieldMask.newBuilder().addPaths("personal.emails"))
                     .setEtag(customer.getEtag());
    book.customers().updateCustomer(change.build());
    // Whoever has read the customer before that is refused, and reads again.
    change.setRequestId("change-2");
    is(refused(() -> book.customers().updateCustomer(change.build())), Status.Code.ABORTED,
        "ETAG_MISMATCH");
  }

  static void pagesThroughAList(Daybook book) {
    for (int i = 0; i < 5; ++i) {
      String id = "java-iceland-" + i;
      var answer = openCustomer(book, id, "IS");
      // A token speaks for its customer's partition, so each customer is waited for.
      book.directory().getCustomer(GetCustomerRequest.newBuilder()
                                       .setCustomerId(id)
                                       .setConsistencyToken(answer.getConsistencyToken())
                                       .build());
    }
    var request = ListCustomersRequest.newBuilder()
                      .setPageSize(2)
                      .setOrderBy("customer_id desc")
                      .setFilter("region_code = IS AND customer_id : \"java-*\"");
    List<String> seen = new ArrayList<>();
    int pages = 0;
    while (true) {
      var page = book.directory().listCustomers(request.build());
      for (CustomerSummary customer : page.getCustomersList()) seen.add(customer.getCustomerId());
      ++pages;
      if (page.getNextPageToken().isEmpty()) break;  // not: an empty page
      request.setPageToken(page.getNextPageToken());
    }
    check(seen.equals(List.of("java-iceland-4", "java-iceland-3", "java-iceland-2",
              "java-iceland-1", "java-iceland-0")), "all, in order", seen);
    check(pages >= 3, "pages", pages);
  }

  // Collects what comes and completes `end` with it, or with why it ended.
  static final class Collector implements StreamObserver<ExecuteStreamResponse> {
    final List<ExecuteStreamResponse> answers = new ArrayList<>();
    final CompletableFuture<List<ExecuteStreamResponse>> end = new CompletableFuture<>();
    final Runnable each;

    Collector(Runnable each) {
      this.each = each;
    }
    @Override
    public void onNext(ExecuteStreamResponse answer) {
      answers.add(answer);
      each.run();
    }
    @Override
    public void onError(Throwable error) {
      end.completeExceptionally(error);
    }
    @Override
    public void onCompleted() {
      end.complete(answers);
    }
  }

  static void streamsWithAWindow(Daybook book, int count, int window) throws Exception {
    openCustomer(book, "java-3", "DE");
    Semaphore room = new Semaphore(window);  // commands sent and not answered
    Map<Long, ExecuteStreamRequest> waiting = new ConcurrentHashMap<>();
    Collector collector = new Collector(room::release);
    var stream = book.commands().executeStream(collector);
    for (long tag = 1; tag <= count; ++tag) {
      // A stream that ended releases nothing more: this wait must end too.
      check(room.tryAcquire(30, TimeUnit.SECONDS), "an answer comes");
      var request =
          ExecuteStreamRequest.newBuilder()
              .setTag(tag)
              .setCommand(Command.newBuilder().setIssueInvoice(tea("java-3", "stream-" + tag)))
              .build();
      waiting.put(tag, request);
      stream.onNext(request);
    }
    stream.onCompleted();
    List<String> numbers = new ArrayList<>();
    for (ExecuteStreamResponse answer : collector.end.get(30, TimeUnit.SECONDS)) {
      waiting.remove(answer.getTag());
      check(answer.getResult().getStatus().getCode() == 0, "accepted", answer);
      numbers.add(answer.getResult().getIssueInvoice().getNumber());
    }
    // Had the stream broken, `waiting` would be sent again on a new one, under the same ids.
    check(waiting.isEmpty() && numbers.size() == count, "all answered", waiting.size());
    check(numbers.equals(numbers.stream().sorted().toList()),
        "one customer's commands keep their order");
  }

  static void is(Refusal no, Status.Code code, String reason) {
    check(no.code() == code && no.reason().equals(reason), reason, no);
  }

  static void handlesEveryClassOfError(Daybook book, Daybook oneStream) throws Exception {
    Refusal no = refused(() -> book.billing().issueInvoice(
        IssueInvoiceRequest.newBuilder().setCustomerId(" c2").build()));
    is(no, Status.Code.INVALID_ARGUMENT, "INVALID_FIELDS");
    check(no.violations().keySet().containsAll(List.of("customer_id", "request_id", "lines")),
        "names every field", no);

    is(refused(() -> book.billing().issueInvoice(tea("java-nobody", "r"))), Status.Code.NOT_FOUND,
        "CUSTOMER_NOT_FOUND");

    var opened = openCustomer(book, "java-4", "DE");
    var second = OpenAccountRequest.newBuilder()
                     .setCustomerId("java-4")
                     .setAccountId("second")
                     .setCurrencyCode("EUR")
                     .setRequestId("open");
    is(refused(() -> book.billing().openAccount(second.build())), Status.Code.ALREADY_EXISTS,
        "REQUEST_ID_REUSED");

    second.setRequestId("open-2").setExpectedRevision(opened.getRevision() - 1);
    no = refused(() -> book.billing().openAccount(second.build()));
    is(no, Status.Code.ABORTED, "REVISION_MISMATCH");
    // Here a program reads again and decides again; this one still wants the same.
    second.setExpectedRevision(Long.parseLong(no.metadata().get("revision")));
    book.billing().openAccount(second.build());

    no = refused(() -> book.billing().issueInvoice(tea("java-4", "r")));
    is(no, Status.Code.FAILED_PRECONDITION, "ACCOUNT_REQUIRED");
    check("2".equals(no.metadata().get("account_count")), "metadata", no);

    waitsWhenToldTo(oneStream);
  }

  static void waitsWhenToldTo(Daybook oneStream) throws Exception {
    CompletableFuture<Void> stands = new CompletableFuture<>();
    Collector collector = new Collector(() -> stands.complete(null));
    var first = oneStream.commands().executeStream(collector);
    first.onNext(ExecuteStreamRequest.newBuilder().setTag(1).build());
    stands.get(30, TimeUnit.SECONDS);
    int refusals = 0;
    for (; refusals < 50; ++refusals) {
      Collector second = new Collector(() -> {});
      oneStream.commands().executeStream(second).onCompleted();
      try {
        second.end.get(30, TimeUnit.SECONDS);
        break;
      } catch (java.util.concurrent.ExecutionException error) {
        Refusal no = Refusal.of(error.getCause());
        is(no, Status.Code.RESOURCE_EXHAUSTED, "OVERLOADED");
        check(!no.retryAfter().isZero(), "says when to try again", no);
        if (refusals == 0) first.onCompleted();
        Thread.sleep(no.retryAfter().toMillis());
      }
    }
    check(refusals > 0 && refusals < 50, "refused, and let in later", refusals);
  }

  public static void main(String[] args) throws Exception {
    String config = Files.readString(Path.of(args[0]));
    try (Daybook book = new Daybook(args[1], config); Daybook lossy = new Daybook(args[2], config);
         Daybook oneStream = new Daybook(args[3], config)) {
      retriesAfterATimeOut(book, lossy);
      readsItsOwnWrite(book);
      changesWhatItHasRead(book);
      pagesThroughAList(book);
      streamsWithAWindow(book, 300, 32);
      handlesEveryClassOfError(book, oneStream);
    }
    System.out.println("java: all shown");
  }
}
