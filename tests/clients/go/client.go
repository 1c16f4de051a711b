// How a program in Go works with Daybook. Small enough to copy from; a test by its checks.
//
// Usage: client SERVICE_CONFIG ADDRESS LOSSY_ADDRESS ONE_STREAM_ADDRESS   (see ../with_daybook.py)
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand"
	"os"
	"reflect"
	"sort"
	"strconv"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/type/decimal"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	balances "daybook/balances/v1"
	billing "daybook/billing/v1"
	commands "daybook/book/v1"
	customers "daybook/customer/v1"
	directory "daybook/directory/v1"
)

// Daybook is a connection and a client for each service. One a process; safe for goroutines.
type Daybook struct {
	customers customers.CustomerServiceClient
	billing   billing.BillingServiceClient
	commands  commands.CommandServiceClient
	balances  balances.BalancesServiceClient
	directory directory.DirectoryServiceClient
}

// Dial does not wait for the server; the first call does.
func Dial(address, serviceConfig string) (*Daybook, error) {
	conn, err := grpc.Dial(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(serviceConfig))
	if err != nil {
		return nil, err
	}
	return &Daybook{
		customers: customers.NewCustomerServiceClient(conn),
		billing:   billing.NewBillingServiceClient(conn),
		commands:  commands.NewCommandServiceClient(conn),
		balances:  balances.NewBalancesServiceClient(conn),
		directory: directory.NewDirectoryServiceClient(conn),
	}, nil
}

// Refusal is what an error says, in one piece.
type Refusal struct {
	Code       codes.Code
	Reason     string // branch on this, never on the message
	Metadata   map[string]string
	Violations map[string]string // field -> what is wrong with it
	RetryAfter time.Duration     // 0 = not said
}

// RefusalOf takes an error of a call apart.
func RefusalOf(err error) Refusal {
	s := status.Convert(err)
	refusal := Refusal{Code: s.Code(), Violations: map[string]string{}}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			if d.Domain == "daybook" {
				refusal.Reason, refusal.Metadata = d.Reason, d.Metadata
			}
		case *errdetails.BadRequest:
			for _, v := range d.FieldViolations {
				refusal.Violations[v.Field] = v.Description
			}
		case *errdetails.RetryInfo:
			refusal.RetryAfter = d.RetryDelay.AsDuration()
		}
	}
	return refusal
}

// SendAgain: after these it is not certain whether a command was recorded, or certain that it was
// not. In both cases the same request, under the same request_id, is right and cannot count twice.
func (r Refusal) SendAgain() bool {
	return r.Code == codes.Unavailable || r.Code == codes.DeadlineExceeded ||
		r.Code == codes.ResourceExhausted
}

// UntilCertain sends a command until it is answered, or ctx ends; each attempt may take twice as long
// as the one before, so that a slow server is not asked for ever. Returns how often it was sent.
func UntilCertain[Request, Response any](ctx context.Context, attempt time.Duration,
	call func(context.Context, Request, ...grpc.CallOption) (Response, error),
	request Request) (Response, int, error) {
	pause := 100 * time.Millisecond
	for attempts := 1; ; attempts++ {
		once, cancel := context.WithTimeout(ctx, attempt)
		response, err := call(once, request)
		cancel()
		if err == nil {
			return response, attempts, nil
		}
		refusal := RefusalOf(err)
		if !refusal.SendAgain() {
			return response, attempts, err
		}
		wait := pause/2 + time.Duration(rand.Int63n(int64(pause/2)))
		if refusal.RetryAfter > wait {
			wait = refusal.RetryAfter
		}
		select {
		case <-ctx.Done():
			return response, attempts, err
		case <-time.After(wait):
		}
		if pause *= 2; pause > 5*time.Second {
			pause = 5 * time.Second
		}
		if attempt *= 2; attempt > 20*time.Second {
			attempt = 20 * time.Second
		}
	}
}

func check(ok bool, what string, values ...any) {
	if !ok {
		log.Fatalf("not so: %s %v", what, values)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func refused(_ any, err error) Refusal {
	check(err != nil, "refused")
	return RefusalOf(err)
}

func is(no Refusal, code codes.Code, reason string) {
	check(no.Code == code && no.Reason == reason, reason, no)
}

func openCustomer(ctx context.Context, book *Daybook, id, region string) *billing.OpenAccountResponse {
	must(book.customers.RegisterCustomer(ctx, &customers.RegisterCustomerRequest{
		CustomerId: id, Kind: customers.CustomerKind_CUSTOMER_KIND_ORGANIZATION, RequestId: "register",
		Profile: &customers.Profile{
			Personal: &customers.Personal{DisplayName: "Zoë 佐藤"}, RegionCode: region}}))
	return must(book.billing.OpenAccount(ctx, &billing.OpenAccountRequest{
		CustomerId: id, CurrencyCode: "EUR", RequestId: "open"}))
}

func tea(customerID, requestID string) *billing.IssueInvoiceRequest {
	return &billing.IssueInvoiceRequest{
		CustomerId: customerID, RequestId: requestID,
		Lines: []*billing.LineItem{{
			Description: "Tea", Quantity: &decimal.Decimal{Value: "3"},
			Price:          &billing.LineItem_UnitPrice{UnitPrice: &decimal.Decimal{Value: "4.10"}},
			TaxRatePercent: &decimal.Decimal{Value: "7"}}},
	}
}

func retriesAfterATimeOut(ctx context.Context, book, lossy *Daybook) {
	openCustomer(ctx, book, "go-1", "DE")
	request := tea("go-1", "lost-answer")
	first, attempts, err := UntilCertain(ctx, time.Second, lossy.billing.IssueInvoice, request)
	check(err == nil, "answered in the end", err)
	check(attempts > 1, "the answer was meant to be lost")
	again := must(book.billing.IssueInvoice(ctx, request))
	check(again.AlreadyRecorded, "an answer that was given before says so", again)
	first.AlreadyRecorded = true // or it was: of the attempts before, one was recorded
	check(proto.Equal(again, first), "the same request gets the first answer", again, first)
	balance := must(book.balances.GetBalance(ctx, &balances.GetBalanceRequest{
		CustomerId: "go-1", ConsistencyToken: first.ConsistencyToken}))
	check(balance.InvoiceCount == 1, "sent three times, recorded once", balance)
}

func readsItsOwnWrite(ctx context.Context, book *Daybook) {
	openCustomer(ctx, book, "go-2", "DE")
	must(book.billing.IssueInvoice(ctx, tea("go-2", "invoice")))
	payment := must(book.billing.RecordPayment(ctx, &billing.RecordPaymentRequest{
		CustomerId: "go-2", RequestId: "payment", Method: billing.PaymentMethod_PAYMENT_METHOD_CASH,
		Amount: &money.Money{CurrencyCode: "EUR", Units: 20}}))
	// Read models follow the log; the token says how far they must have come.
	balance := must(book.balances.GetBalance(ctx, &balances.GetBalanceRequest{
		CustomerId: "go-2", ConsistencyToken: payment.ConsistencyToken}))
	check(balance.Balance.Units == -6 && balance.Balance.Nanos == -840_000_000, "balance", balance)
}

func changesWhatItHasRead(ctx context.Context, book *Daybook) {
	opened := openCustomer(ctx, book, "go-5", "DE")
	customer := must(book.directory.GetCustomer(ctx, &directory.GetCustomerRequest{
		CustomerId: "go-5", ConsistencyToken: opened.ConsistencyToken})).Customer
	personal := customer.Profile.Personal
	personal.Emails = append(personal.Emails, "zoe@example.com")
	change := &customers.UpdateCustomerRequest{
		CustomerId: "go-5", RequestId: "change", Profile: customer.Profile, Etag: customer.Etag,
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"personal.emails"}}}
	must(book.customers.UpdateCustomer(ctx, change))
	// Whoever has read the customer before that is refused, and reads again.
	change.RequestId = "change-2"
	is(refused(book.customers.UpdateCustomer(ctx, change)), codes.Aborted, "ETAG_MISMATCH")
}

func pagesThroughAList(ctx context.Context, book *Daybook) {
	for i := 0; i < 5; i++ {
		id := fmt.Sprintf("go-iceland-%d", i)
		answer := openCustomer(ctx, book, id, "IS")
		// A token speaks for its customer's partition, so each customer is waited for.
		must(book.directory.GetCustomer(ctx, &directory.GetCustomerRequest{
			CustomerId: id, ConsistencyToken: answer.ConsistencyToken}))
	}
	request := &directory.ListCustomersRequest{PageSize: 2, OrderBy: "customer_id desc",
		Filter: `region_code = IS AND customer_id : "go-*"`}
	var seen []string
	pages := 0
	for {
		page := must(book.directory.ListCustomers(ctx, request))
		for _, customer := range page.Customers {
			seen = append(seen, customer.CustomerId)
		}
		pages++
		if page.NextPageToken == "" { // not: an empty page
			break
		}
		request.PageToken = page.NextPageToken
	}
	check(reflect.DeepEqual(seen, []string{"go-iceland-4", "go-iceland-3", "go-iceland-2",
		"go-iceland-1", "go-iceland-0"}), "all, in order", seen)
	check(pages >= 3, "pages", pages)
}

func streamsWithAWindow(ctx context.Context, book *Daybook, count, window int) {
	openCustomer(ctx, book, "go-3", "DE")
	stream := must(book.commands.ExecuteStream(ctx))
	room := make(chan struct{}, window) // commands sent and not answered
	var waiting sync.Map                // those, by tag
	go func() {
		for tag := uint64(1); tag <= uint64(count); tag++ {
			request := &commands.ExecuteStreamRequest{Tag: tag, Command: &commands.Command{
				Command: &commands.Command_IssueInvoice{
					IssueInvoice: tea("go-3", fmt.Sprintf("stream-%d", tag))}}}
			room <- struct{}{}
			waiting.Store(tag, request)
			if stream.Send(request) != nil {
				return // Recv says why
			}
		}
		stream.CloseSend()
	}()
	var numbers []string
	for {
		answer, err := stream.Recv()
		if err == io.EOF {
			break
		}
		check(err == nil, "the stream stays", err)
		waiting.Delete(answer.Tag)
		<-room
		check(answer.Result.Status.GetCode() == 0, "accepted", answer)
		numbers = append(numbers, answer.Result.GetIssueInvoice().Number)
	}
	// Had the stream broken, `waiting` would be sent again on a new one, under the same ids.
	waiting.Range(func(tag, _ any) bool { log.Fatal("not answered: ", tag); return false })
	check(len(numbers) == count, "all answered", len(numbers))
	check(sort.StringsAreSorted(numbers), "one customer's commands keep their order")
}

func handlesEveryClassOfError(ctx context.Context, book, oneStream *Daybook) {
	no := refused(book.billing.IssueInvoice(ctx, &billing.IssueInvoiceRequest{CustomerId: " c2"}))
	is(no, codes.InvalidArgument, "INVALID_FIELDS")
	for _, field := range []string{"customer_id", "request_id", "lines"} {
		check(no.Violations[field] != "", "names every field", field, no)
	}

	is(refused(book.billing.IssueInvoice(ctx, tea("go-nobody", "r"))), codes.NotFound,
		"CUSTOMER_NOT_FOUND")

	opened := openCustomer(ctx, book, "go-4", "DE")
	second := &billing.OpenAccountRequest{CustomerId: "go-4", AccountId: "second",
		CurrencyCode: "EUR", RequestId: "open"}
	is(refused(book.billing.OpenAccount(ctx, second)), codes.AlreadyExists, "REQUEST_ID_REUSED")

	second.RequestId, second.ExpectedRevision = "open-2", proto.Int64(opened.Revision-1)
	no = refused(book.billing.OpenAccount(ctx, second))
	is(no, codes.Aborted, "REVISION_MISMATCH")
	// Here a program reads again and decides again; this one still wants the same.
	second.ExpectedRevision = proto.Int64(must(strconv.ParseInt(no.Metadata["revision"], 10, 64)))
	must(book.billing.OpenAccount(ctx, second))

	no = refused(book.billing.IssueInvoice(ctx, tea("go-4", "r")))
	is(no, codes.FailedPrecondition, "ACCOUNT_REQUIRED")
	check(no.Metadata["account_count"] == "2", "metadata", no)

	waitsWhenToldTo(ctx, oneStream)
}

func waitsWhenToldTo(ctx context.Context, oneStream *Daybook) {
	first := must(oneStream.commands.ExecuteStream(ctx))
	check(first.Send(&commands.ExecuteStreamRequest{Tag: 1}) == nil, "sent")
	must(first.Recv())
	refusals := 0
	for ; refusals < 50; refusals++ {
		second := must(oneStream.commands.ExecuteStream(ctx))
		second.CloseSend()
		_, err := second.Recv()
		if err == io.EOF {
			break
		}
		no := RefusalOf(err)
		is(no, codes.ResourceExhausted, "OVERLOADED")
		check(no.RetryAfter > 0, "says when to try again", no)
		first.CloseSend()
		time.Sleep(no.RetryAfter)
	}
	check(refusals > 0 && refusals < 50, "refused, and let in later", refusals)
}

func main() {
	log.SetFlags(0)
	config := string(must(os.ReadFile(os.Args[1])))
	book, lossy, oneStream := must(Dial(os.Args[2], config)), must(Dial(os.Args[3], config)),
		must(Dial(os.Args[4], config))
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Second)
	defer cancel()
	retriesAfterATimeOut(ctx, book, lossy)
	readsItsOwnWrite(ctx, book)
	changesWhatItHasRead(ctx, book)
	pagesThroughAList(ctx, book)
	streamsWithAWindow(ctx, book, 300, 32)
	handlesEveryClassOfError(ctx, book, oneStream)
	fmt.Println("go: all shown")
}
