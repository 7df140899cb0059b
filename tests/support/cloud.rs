//! AWS, as far as an operator's call needs it: a stack that says what its functions are called, and
//! Lambda's address for invoking them, with the real binaries behind it.
//!
//! Every request has to be signed, and the signature is recalculated.

mod signature;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use rollcall_local::runtime_api::{Function, InvokeError};
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::{Deployed, World, mailbox::read};
pub use signature::KEYS;

/// What is answered in the place of a function: the status, lines of the head, the body.
#[derive(Debug, Clone)]
pub struct Said(pub u16, pub String, pub String);

impl Said {
    /// What Lambda says itself.
    #[must_use]
    pub fn refusal(status: u16, code: &str) -> Self {
        let body = json!({"Type": "User", "Message": "canary-message"}).to_string();
        Self(
            status,
            format!("x-amzn-ErrorType: {code}:http://internal.example.com/"),
            body,
        )
    }

    /// What it makes of what a function threw.
    #[must_use]
    pub fn thrown(error_type: &str, sentence: &str) -> Self {
        let body = json!({"errorType": error_type, "errorMessage": sentence}).to_string();
        Self(200, "X-Amz-Function-Error: Unhandled".to_owned(), body)
    }

    /// What a function answered.
    #[must_use]
    pub fn answer(answer: &Value) -> Self {
        Self(
            200,
            "X-Amz-Executed-Version: $LATEST".to_owned(),
            answer.to_string(),
        )
    }
}

#[derive(Debug, Default)]
struct State {
    functions: Vec<Function>,
    stack: Mutex<Option<Said>>,
    instead: Mutex<VecDeque<Said>>,
    calls: Mutex<Vec<(String, Value)>>,
}

/// A region with one stack, `prod`; it is gone when it is dropped.
#[derive(Debug)]
pub struct Cloud {
    address: SocketAddr,
    state: Arc<State>,
    _accepting: JoinSet<()>,
}

impl Cloud {
    /// With these functions, which work on `world`.
    pub async fn of(world: &World, names: &[&str]) -> Self {
        let mut functions = vec![];
        for name in names {
            let role = if *name == "nightly-check" {
                "rollcall_app"
            } else {
                "rollcall_operator"
            };
            functions.push(Deployed::start(name, world, role, &[]).await);
        }
        Self::with(functions).await
    }

    /// With functions that there are.
    pub async fn with(functions: Vec<Function>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            functions,
            ..State::default()
        });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::clone(&state)));
        Self {
            address,
            state,
            _accepting: accepting,
        }
    }

    /// The variables of whoever may call it.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let endpoint = ("AWS_ENDPOINT_URL", format!("http://{}", self.address));
        let keys = KEYS
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        keys.chain([endpoint, ("AWS_REGION", "eu-central-1".to_owned())])
            .collect()
    }

    /// The next call of a function is answered so, and the function not called.
    pub fn say(&self, said: Said) {
        self.state.instead.lock().expect("no panic").push_back(said);
    }

    /// From now on, whoever asks for the stack is answered so.
    pub fn say_of_the_stack(&self, said: Said) {
        *self.state.stack.lock().expect("no panic") = Some(said);
    }

    /// What functions were called with since this was last asked, answered or not.
    #[must_use]
    pub fn calls(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut *self.state.calls.lock().expect("no panic"))
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut calls = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        calls.spawn(serve(stream, Arc::clone(&state)));
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let Some((head, body)) = read(&mut stream).await else {
        return;
    };
    let Said(status, header, body) = match signature::check(&head, &body) {
        Ok(()) => answer(&head, &body, &state).await,
        Err(why) => Said(
            403,
            "x-amzn-ErrorType: InvalidSignatureException".to_owned(),
            why,
        ),
    };
    let answer = format!(
        "HTTP/1.1 {status} -\r\n{header}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    // A caller who has hung up has its answer.
    let _ = stream.write_all(answer.as_bytes()).await;
}

async fn answer(head: &str, body: &str, state: &State) -> Said {
    let path = head.split(' ').nth(1).unwrap_or_default();
    let name = path
        .strip_prefix("/2015-03-31/functions/")
        .and_then(|rest| rest.strip_suffix("/invocations"));
    let Some(name) = name else {
        let told = state.stack.lock().expect("no panic").clone();
        return told.unwrap_or_else(|| stack(body));
    };
    let event: Value = serde_json::from_str(body).expect("an event");
    let call = (name.to_owned(), event.clone());
    state.calls.lock().expect("no panic").push(call);
    let instead = state.instead.lock().expect("no panic").pop_front();
    if let Some(said) = instead {
        return said;
    }
    let function = state
        .functions
        .iter()
        .find(|function| function.name() == name);
    let Some(function) = function else {
        return Said::refusal(404, "ResourceNotFoundException");
    };
    match function.invoke(event).await {
        Ok(answer) => Said::answer(&answer),
        Err(InvokeError::Function {
            error_type,
            error_message,
        }) => Said::thrown(&error_type, &error_message),
        Err(InvokeError::TimedOut) => Said::thrown(
            "Sandbox.Timedout",
            "RequestId: 7 Error: Task timed out after 900.00 seconds",
        ),
        Err(error) => Said::thrown("Runtime.ExitError", &error.to_string()),
    }
}

/// What the template's stack says of itself.
fn stack(form: &str) -> Said {
    if !form.contains("Action=DescribeStacks") || !form.contains("StackName=prod") {
        let error = "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>\
                     <Message>Stack with id x does not exist</Message></Error></ErrorResponse>";
        return Said(400, "content-type: text/xml".to_owned(), error.to_owned());
    }
    Said::stack(
        "UPDATE_COMPLETE",
        &[
            ("NightlyCheckFunction", "nightly-check"),
            ("BackfillFunction", "backfill"),
            ("RepairFunction", "repair"),
            ("DiagnoseFunction", "diagnose"),
        ],
        &[("OperatorFunctions", "true")],
    )
}

impl Said {
    /// What `CloudFormation` says of a stack in this state, with these outputs and parameters.
    #[must_use]
    pub fn stack(status: &str, outputs: &[(&str, &str)], parameters: &[(&str, &str)]) -> Self {
        let list = |what: &str, pairs: &[(&str, &str)]| {
            let members = pairs.iter().map(|(key, value)| {
                format!(
                    "<member><{what}Key>{key}</{what}Key><{what}Value>{value}</{what}Value></member>"
                )
            });
            format!("<{what}s>{}</{what}s>", members.collect::<String>())
        };
        let body = format!(
            "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>prod\
             </StackName><StackStatus>{status}</StackStatus>{}{}</member></Stacks>\
             </DescribeStacksResult></DescribeStacksResponse>",
            list("Parameter", parameters),
            list("Output", outputs)
        );
        Self(200, "content-type: text/xml".to_owned(), body)
    }
}
