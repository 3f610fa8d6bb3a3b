// A small C program against libnats: it stores messages, reads them through a pull consumer and acknowledges them. Then
// it drains a connection.
// test_c_client.py compiles and runs it. Usage: c_client URL. Exits with 0 when everything was as it should be.

#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGES 100

static void check(natsStatus status, const char *what, jsErrCode code)
{
    if (status == NATS_OK)
        return;
    fprintf(stderr, "%s: %s (%d)\n", what, natsStatus_GetText(status), (int) code);
    exit(1);
}

static void expect(const char *what, uint64_t found, uint64_t expected)
{
    if (found == expected)
        return;
    fprintf(stderr, "%s: %llu, expected %llu\n", what, (unsigned long long) found, (unsigned long long) expected);
    exit(1);
}

static void count_message(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *counter)
{
    (void) connection;
    (void) subscription;
    nats_Sleep(1);
    (*(int *) counter)++;
    natsMsg_Destroy(message);
}

// A connection that is drained gets all that was published before, and closes.
static void drain(const char *url)
{
    natsConnection *connection = NULL;
    natsSubscription *subscription = NULL;
    int received = 0;

    check(natsConnection_ConnectTo(&connection, url), "connect to drain", 0);
    check(natsConnection_Subscribe(&subscription, connection, "drained", count_message, &received), "subscribe", 0);
    for (int number = 0; number < MESSAGES; number++)
        check(natsConnection_PublishString(connection, "drained", "x"), "publish", 0);
    check(natsConnection_Drain(connection), "drain", 0);
    check(natsSubscription_WaitForDrainCompletion(subscription, 10000), "wait for the end", 0);
    for (int waited = 0; waited < 10000 && !natsConnection_IsClosed(connection); waited += 10)
        nats_Sleep(10);
    expect("closed", natsConnection_IsClosed(connection), 1);
    expect("drained messages", (uint64_t) received, MESSAGES);
    natsSubscription_Destroy(subscription);
    natsConnection_Destroy(connection);
}

int main(int count, char **arguments)
{
    natsConnection *connection = NULL;
    jsCtx *js = NULL;
    jsStreamConfig config;
    jsStreamInfo *info = NULL;
    jsConsumerInfo *consumer = NULL;
    natsSubscription *subscription = NULL;
    const char *subjects[] = {"c.*"};
    jsErrCode code = 0;
    int next = 0;

    if (count != 2)
        return 2;
    check(natsConnection_ConnectTo(&connection, arguments[1]), "connect", 0);
    check(natsConnection_JetStream(&js, connection, NULL), "context", 0);

    jsStreamConfig_Init(&config);
    config.Name = "C";
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    check(js_AddStream(NULL, js, &config, NULL, &code), "add stream", code);

    for (int number = 0; number < MESSAGES; number++)
    {
        jsPubAck *ack = NULL;
        jsPubOptions options;
        char id[16], subject[16];

        snprintf(id, sizeof id, "id%d", number);
        snprintf(subject, sizeof subject, "c.%d", number % 3);
        jsPubOptions_Init(&options);
        options.MsgId = id;
        check(js_Publish(&ack, js, subject, id, (int) strlen(id), &options, &code), "publish", code);
        expect("sequence", ack->Sequence, (uint64_t) number + 1);
        jsPubAck_Destroy(ack);
        if (number == 7)
        {
            check(js_Publish(&ack, js, subject, id, (int) strlen(id), &options, &code), "publish again", code);
            expect("duplicate", ack->Duplicate, 1);
            jsPubAck_Destroy(ack);
        }
    }

    check(js_PullSubscribe(&subscription, js, "c.*", "reader", NULL, NULL, &code), "subscribe", code);
    while (next < MESSAGES)
    {
        natsMsgList list;

        check(natsSubscription_Fetch(&list, subscription, 30, 5000, &code), "fetch", code);
        for (int index = 0; index < list.Count; index++, next++)
        {
            char expected[16];

            snprintf(expected, sizeof expected, "id%d", next);
            if (natsMsg_GetDataLength(list.Msgs[index]) != (int) strlen(expected)
                || memcmp(natsMsg_GetData(list.Msgs[index]), expected, strlen(expected)) != 0)
            {
                fprintf(stderr, "message %d is not %s\n", next, expected);
                return 1;
            }
            check(natsMsg_AckSync(list.Msgs[index], NULL, &code), "acknowledge", code);
        }
        natsMsgList_Destroy(&list);
    }

    check(js_GetConsumerInfo(&consumer, js, "C", "reader", NULL, &code), "consumer info", code);
    expect("acknowledgement floor", consumer->AckFloor.Stream, MESSAGES);
    expect("open messages", (uint64_t) consumer->NumAckPending, 0);
    expect("pending messages", consumer->NumPending, 0);
    check(js_GetStreamInfo(&info, js, "C", NULL, &code), "stream info", code);
    expect("stored messages", info->State.Msgs, MESSAGES);

    jsConsumerInfo_Destroy(consumer);
    jsStreamInfo_Destroy(info);
    natsSubscription_Destroy(subscription);
    jsCtx_Destroy(js);
    natsConnection_Destroy(connection);
    drain(arguments[1]);
    nats_Close();
    printf("%d messages stored, read and acknowledged\n", next);
    return 0;
}
